"""When is a trial that was run again the same? Which pairs were made by different machines?"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import stdev

from dropnorm.experiments.records import Record

# By so much test accuracy may differ on another machine in any case: one point.
AT_LEAST = 0.01

# And by so many standard deviations over the seeds of the setting: near divergence rounding decides
# what a seed decides.
DEVIATIONS = 4


def comparison(record: Record, again: Record, study: Sequence[Record]) -> tuple[bool, str]:
    """Does a second run agree with the stored record?

    Parameters
    ----------
    record, again
        The stored record, and the same trial run now.
    study
        Records among which other seeds of the same setting are looked for.

    Returns
    -------
    agrees
        On the machine that made the record: whether all figures are identical. Elsewhere: whether
        both diverged or neither did, and test accuracies are as close as AT_LEAST and DEVIATIONS
        allow.
    verdict
        The same in words.
    """
    if record.same_figures(again):
        return True, "identical"
    difference = _accuracy(again) - _accuracy(record)
    verdict = f"test accuracy differs by {100 * difference:+.2f} points"
    if record.made_by == again.made_by and record.versions == again.versions:
        return False, f"{verdict}; the same processor and libraries have to give identical figures"
    if record.diverged != again.diverged:
        return False, "diverged one time only"
    setting = replace(record.trial, seed=0)
    others = [_accuracy(other) for other in study if replace(other.trial, seed=0) == setting]
    margin = max(AT_LEAST, DEVIATIONS * stdev(others)) if len(others) > 1 else AT_LEAST
    verdict += f"; on another machine {100 * margin:.2f} are allowed"
    return abs(difference) <= margin, verdict


def _accuracy(record: Record) -> float:
    accuracy = record.final["test"]["accuracy"]
    assert accuracy is not None  # a loss may be infinite, a share of images is not
    return accuracy


def mixed_seeds(records: Iterable[Record]) -> list[int]:
    """Seeds whose records come from more than one processor, instruction set or version of PyTorch.

    Rounding that training amplifies then adds to the difference of a pair.
    """
    made_by: dict[int, set[tuple[str, str, str]]] = {}
    for record in records:
        made_by.setdefault(record.trial.seed, set()).add(record.made_by)
    return sorted(seed for seed, machines in made_by.items() if len(machines) > 1)
