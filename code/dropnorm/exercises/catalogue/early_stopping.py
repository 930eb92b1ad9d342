"""Exercise of chapter 01: Early stopping with patience."""

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise, Mistake


def stop(losses, patience):
    """Early stopping: which look at the validation loss is kept?

    Parameters
    ----------
    losses : array (n,)
        Validation losses, one for each look, in order.
    patience : int
        At least 0. Training ends at the first look at which the lowest loss so far is more than
        this many looks old.

    Returns
    -------
    best : int
        Index of the lowest loss until then, counted from 0; the first one, if several are equal.
    """
    best = 0
    for look, loss in enumerate(losses):
        if loss < losses[best]:
            best = look
        elif look - best > patience:
            break
    return best


def _by_prefixes(losses, patience):
    lowest = [int(np.argmin(losses[: look + 1])) for look in range(len(losses))]
    return next((b for look, b in enumerate(lowest) if look - b > patience), lowest[-1])


def _stopped_at(losses, patience):
    best = 0
    for look, loss in enumerate(losses):
        if loss < losses[best]:
            best = look
        elif look - best > patience:
            return look
    return len(losses) - 1


def _ties_are_better(losses, patience):
    best = 0
    for look, loss in enumerate(losses):
        if loss <= losses[best]:
            best = look
        elif look - best > patience:
            break
    return best


def _counted(losses, patience, reset):
    """Counts looks that are not better: than the one before, or without starting anew."""
    best = waited = 0
    for look in range(1, len(losses)):
        if reset and losses[look] < losses[look - 1]:
            waited = 0
        elif losses[look] >= (losses[look - 1] if reset else losses[best]):
            waited += 1
        if losses[look] < losses[best]:
            best = look
        if waited > patience:
            break
    return best


def _cases(rng: np.random.Generator) -> Cases:
    return {
        "up after the third look, patience 2": (np.array([3.0, 2, 1, 2, 3, 4, 0]), 2),
        "the same with patience 5": (np.array([3.0, 2, 1, 2, 3, 4, 0]), 5),
        "two better looks within patience": (np.array([5.0, 3, 4, 4, 2, 3, 1, 2, 3, 4, 0]), 2),
        "the lowest is as old as patience": (np.array([3.0, 1, 2, 2, 0.5, 4, 5, 6]), 2),
        "a saw, patience 1": (np.array([9.0, 5, 7, 6, 8, 7, 4]), 1),
        "never worse": (np.array([4.0, 3, 2, 1]), 1),
        "the first look is the best": (np.array([1.0, 2, 3, 4, 5]), 3),
        "equal losses": (np.array([2.0, 1, 1, 1, 3, 0]), 2),
        "patience 0": (np.array([4.0, 3, 3.5, 2]), 0),
        "one look": (np.array([7.0]), 4),
        "random, patience 3": (rng.uniform(1, 2, 12) + np.abs(np.arange(12) - 5), 3),
    }


EXERCISE = Exercise(
    name="early-stopping",
    chapter=1,
    stars=1,
    title="Early stopping with patience",
    hint=(
        "Walk through the losses and remember one thing: the index of the lowest so far. How old "
        "is it at this look?"
    ),
    solution=stop,
    cases=_cases,
    mistakes={
        "last-look-returned": Mistake(
            "You return the look at which training ends. Asked for is the look with the lowest "
            "loss until then: its weights are the ones you keep.",
            _stopped_at,
        ),
        "never-stops": Mistake(
            "You take the lowest of all losses. Training has ended before some of them: patience "
            "is not used.",
            lambda losses, patience: int(np.argmin(losses)),
        ),
        "one-look-early": Mistake(
            "You stop one look too early. The lowest may be as old as patience; stop when it is "
            "older.",
            lambda losses, patience: stop(losses, max(patience - 1, 0)),
        ),
        "one-look-late": Mistake(
            "You stop one look too late: the lowest is already older than patience then.",
            lambda losses, patience: stop(losses, patience + 1),
        ),
        "compared-with-the-look-before": Mistake(
            "You count how often in a row the loss has risen since the look before. What counts "
            "is how old the *lowest* loss is, wherever the losses went since.",
            lambda losses, patience: _counted(losses, patience, reset=True),
        ),
        "count-not-reset": Mistake(
            "Your count of looks without progress goes on when a better loss comes. A new lowest "
            "loss is 0 looks old.",
            lambda losses, patience: _counted(losses, patience, reset=False),
        ),
        "ties-are-better": Mistake(
            "A loss equal to the lowest is not lower: keep the first of them.", _ties_are_better
        ),
        "loss-returned": Mistake(
            "You return the lowest loss. Asked for is its index.",
            lambda losses, patience: losses[stop(losses, patience)],
        ),
        "counted-from-one": Mistake(
            "Your index is one too large: the first look has index 0.",
            lambda losses, patience: stop(losses, patience) + 1,
        ),
    },
    referees={"prefix by prefix": _by_prefixes},
    returns=("best",),
)
