"""What an exercise consists of."""

import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

Cases = dict[str, tuple[Any, ...]]  # arguments by label


class Mistake(NamedTuple):
    """A typical wrong answer: what to tell the reader, and a function that makes it."""

    message: str
    function: Callable[..., Any]


@dataclass(frozen=True)
class Exercise:
    """One coding exercise; everything the checker knows about it.

    Attributes
    ----------
    name
        Such as ``"dropout-backward"``.
    chapter, stars, title
        Where it belongs, how hard it is (1 to 3), a line for the list.
    hint
        A nudge that does not give the answer away.
    solution
        A right answer. Its signature and docstring are the stub.
    cases
        From a random generator, arguments by label: ``{"p = 0.5": (x, 0.5), …}``. Arrays are
        float64. Together the cases must tell all mistakes apart.
    mistakes
        By the name that the verdict calls ``diagnosis``.
    referees
        Functions with the solution's arguments that find the same numbers in another way. Those
        called PyTorch… import ``torch`` themselves and are left out where nobody has imported it
        yet.
    returns
        Names of what is returned, one or more.
    other_ways
        The same answer written in other steps, as readers write it: its slips are known, too.
    telltale
        By a case's label: diagnosis and message if all else is right and this case alone is wrong.
    """

    name: str
    chapter: int
    stars: int
    title: str
    hint: str
    solution: Callable[..., Any]
    cases: Callable[[np.random.Generator], Cases]
    mistakes: Mapping[str, Mistake]
    referees: Mapping[str, Callable[..., Any]]
    returns: tuple[str, ...] = ("result",)
    other_ways: tuple[Callable[..., Any], ...] = ()
    telltale: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the arguments."""
        return tuple(inspect.signature(self.solution).parameters)

    @property
    def stub(self) -> str:
        """The function's head and docstring, and ``...`` to be filled in."""
        head = f"def {self.solution.__name__}{inspect.signature(self.solution)}:"
        docstring = f'"""{inspect.getdoc(self.solution)}\n"""'
        return f"{head}\n{textwrap.indent(docstring, '    ')}\n    ...\n"


def available(referees: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The referees that can be asked at once.

    PyTorch takes seconds to import, so it is asked only where it has been imported.
    """
    has_torch = sys.modules.get("torch") is not None
    return {
        name: referee
        for name, referee in referees.items()
        if has_torch or not name.startswith("PyTorch")
    }


def slope(f: Callable[[np.ndarray], Any], x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Gradient of the number ``f(x)`` by central differences, of the shape of ``x``."""
    gradient = np.empty_like(x)
    for index in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[index] = step
        gradient[index] = (f(x + shift) - f(x - shift)) / (2 * step)
    return gradient


def torch_gradients(f: Callable[..., Any], *arrays: np.ndarray) -> list[np.ndarray]:
    """Gradients of the number ``f(*tensors)`` with respect to each of ``arrays``, from PyTorch."""
    import torch

    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    return [gradient.numpy() for gradient in torch.autograd.grad(f(*leaves), leaves)]
