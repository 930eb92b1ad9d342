"""Faults of teaching code, to be planted: each a layer or a function that does one thing wrong.

Its docstring says what is wrong. ``planted(check)`` lists it, with the check that has to notice.
"""

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

from dropnorm import scratch as nn


class Fault(NamedTuple):
    """What takes the place of ``owner.name``, and the check that raises an AssertionError then."""

    owner: ModuleType
    name: str
    faulty: Callable
    check: Callable[[], None]


FAULTS: dict[str, Fault] = {}


def planted(check, owner=nn, name=None):
    """Decorator: a class takes the place of its base, a function that of its namesake."""

    def add(faulty):
        if isinstance(faulty, type):  # under the name of the right class, as in its messages
            faulty.__name__ = faulty.__bases__[0].__name__
        FAULTS[faulty.__doc__] = Fault(owner, name or faulty.__name__, faulty, check)
        return faulty

    return add
