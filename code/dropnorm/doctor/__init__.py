"""Examines a PyTorch model of your own for what goes wrong with dropout and batch norm.

``examination`` ``examine``: the model's settings, its statistics, and what it does when asked
``loop``        ``watch``: what only the training loop shows
``twins``       ``compare``: two models that should answer the same
``patient``     copies of a model, and everything that must be afterwards as it was before
``recorder``    the calls of dropout and batch norm in a pass, and what flows into them;
                ``functions`` and ``bytecode`` tell what was called, and what came of it
``settings``    checks that read the model; ``evaluation`` and ``training`` those that run it
``gain``        what fresh statistics would gain, measured
``report``      findings, as text, JSON and HTML; ``checks.toml`` has the words for each

It needs torch alone, and imports it when a name is first used: the command line starts without it.
"""

from importlib import import_module
from typing import Any

_MODULES = {"examine": "examination", "watch": "loop", "compare": "twins", "Report": "report"}
__all__ = ["Report", "compare", "examine", "watch"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
