"""One row of the table: two functions that do the same work, and the ratio of their times."""

import gc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from time import process_time

SHORTEST = 0.02  # seconds; a faster function is called several times in each round


@dataclass(frozen=True)
class Row:
    """Our figure, theirs, and their ratio, which should not exceed ``target``."""

    name: str
    unit: str
    ours: float
    theirs: float
    ratio: float
    target: float
    rounds: int

    def as_dict(self) -> dict:
        """For JSON."""
        return asdict(self) | {"met": self.met}

    @property
    def met(self) -> bool:
        return self.ratio <= self.target


def side_by_side(name: str, ours: Callable, theirs: Callable, target: float, rounds: int) -> Row:
    """Time both in turn, ``rounds`` times; the ratio is the median of the rounds' ratios.

    Times are seconds of the processor, so that others who use it count less; with one thread they
    are the seconds of the clock. A ratio of two times taken right after each other stays when the
    machine slows down for a while. Which of the two goes first alternates.
    """
    calls = max(1, round(SHORTEST / max(_seconds(f, 1) for f in (ours, theirs, ours, theirs))))
    pairs = []
    gc.collect()
    gc.disable()
    for i in range(rounds):
        if i % 2:
            pairs.append((_seconds(ours, calls), _seconds(theirs, calls)))
        else:
            pairs.append((_seconds(theirs, calls), _seconds(ours, calls))[::-1])
    gc.enable()
    ours_s, theirs_s = (median(times) for times in zip(*pairs, strict=True))
    return Row(
        name, "ms", 1e3 * ours_s, 1e3 * theirs_s, median(a / b for a, b in pairs), target, rounds
    )


def _seconds(function: Callable, calls: int) -> float:
    start = process_time()
    for _ in range(calls):
        function()
    return (process_time() - start) / calls
