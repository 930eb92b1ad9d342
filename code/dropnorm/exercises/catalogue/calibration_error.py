"""Exercise of chapter 13: Expected calibration error."""

import numpy as np

from dropnorm.exercises.spec import Cases, Exercise, Mistake


def calibration_error(probability, labels, bins):
    """Expected calibration error: how far confidence and accuracy are apart.

    Parameters
    ----------
    probability : array (N, C)
        Predicted class probabilities.
    labels : integer array (N,)
    bins : int
        Bins of equal width on 0 to 1; bin k holds confidences in [k/bins, (k + 1)/bins), the last
        one 1 as well.

    Returns
    -------
    error : float
        Σ over bins of (fraction of images in it) · |accuracy − mean confidence|. Empty bins count
        nothing.
    """
    confidence = probability.max(axis=1)
    right = probability.argmax(axis=1) == labels
    # confidence * bins rounds: some k / bins would fall below their own bin
    place = np.searchsorted(np.arange(1, bins) / bins, confidence, side="right")
    error = 0.0
    for k in np.unique(place):
        inside = place == k
        gap = right[inside].mean() - confidence[inside].mean()
        error = error + inside.mean() * abs(gap)
    return error


def _gaps(confidence, right, bins):
    """For each bin that is not empty: fraction of images, and accuracy − confidence."""
    edges = np.arange(1, bins) / bins
    place = np.searchsorted(edges, confidence, side="right")
    inside = [place == k for k in range(bins) if (place == k).any()]
    gaps = [right[k].mean() - confidence[k].mean() for k in inside]
    return np.array([k.mean() for k in inside]), np.array(gaps)


def _binned(confidence, right, bins):
    fraction, gap = _gaps(confidence, right, bins)
    return fraction @ np.abs(gap)


def _sums_by_bin(probability, labels, bins):
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == labels
    gaps = [0.0] * bins
    for one, correct in zip(confidence, right, strict=True):
        gaps[max(k for k in range(bins) if k == 0 or one >= k / bins)] += correct - one
    return sum(map(abs, gaps)) / len(labels)


def _placed(probability, labels, bins, place):
    """The error with images in these bins; those beyond the last one are left out."""
    gap = (probability.argmax(axis=1) == labels) - probability.max(axis=1)
    return sum(abs(gap[place == k].sum()) for k in range(bins)) / len(labels)


def _top(mistake):
    """A mistake that is made with confidence and correctness of the predicted class."""
    return lambda p, labels, bins: mistake(*_gaps(p.max(axis=1), p.argmax(axis=1) == labels, bins))


def _predictions(rng: np.random.Generator) -> Cases:
    def draw(n, classes):
        e = np.exp(2 * rng.standard_normal((n, classes)))
        return e / e.sum(axis=1, keepdims=True), rng.integers(classes, size=n)

    few = np.array([[0.9, 0.1], [0.85, 0.15], [0.3, 0.7], [0.45, 0.55]])
    on_edges = np.array(
        [
            [0.75, 0.25],
            [0.75, 0.25],
            [0.5, 0.5],
            [0.3125, 0.6875],
            [0.9375, 0.0625],
            [0.4375, 0.5625],
        ]
    )
    sure = np.array([[1.0, 0.0], [0.9375, 0.0625], [0.25, 0.75]])
    return {
        "4 images, 5 bins": (few, np.array([0, 1, 1, 1]), 5),
        "40 images, 3 classes, 10 bins": (*draw(40, 3), 10),
        "60 images, 4 classes, 7 bins": (*draw(60, 4), 7),
        "confidences on the edges of bins": (on_edges, np.array([0, 1, 0, 1, 0, 1]), 4),
        "a confidence of exactly 1": (sure, np.array([1, 0, 1]), 4),
    }


def _compared(probability, labels, bins, confidence=None, accuracy=None, middle=False):
    """The error with another confidence or accuracy in the place of each bin's own."""
    own, right = probability.max(axis=1), probability.argmax(axis=1) == labels
    place = np.searchsorted(np.arange(1, bins) / bins, own, side="right")
    error = 0.0
    for k in np.unique(place):
        mine = own[place == k].mean() if confidence is None else confidence
        truth = right[place == k].mean() if accuracy is None else accuracy
        error += (place == k).mean() * abs(truth - ((k + 0.5) / bins if middle else mine))
    return error


EXERCISE = Exercise(
    name="calibration-error",
    chapter=13,
    stars=2,
    title="Expected calibration error",
    hint=(
        "Confidence is the largest probability of a row. Sort images into bins by it, and compare "
        "two means in each."
    ),
    solution=calibration_error,
    cases=_predictions,
    mistakes={
        "bins-unweighted": Mistake(
            "All bins count the same. Weigh each by its fraction of the images.",
            _top(lambda f, g: np.abs(g).mean()),
        ),
        "signed": Mistake(
            "Gaps of different sign cancel: take the absolute value in each bin.",
            _top(lambda f, g: f @ g),
        ),
        "sign-after-sum": Mistake(
            "You take the absolute value after adding up: gaps of different sign have cancelled "
            "by then.",
            _top(lambda f, g: abs(f @ g)),
        ),
        "squared": Mistake(
            "You square the gaps. Expected calibration error takes absolute values.",
            _top(lambda f, g: f @ g**2),
        ),
        "root-of-squares": Mistake(
            "You take the root of the mean square of the gaps. Expected calibration error takes "
            "absolute values.",
            _top(lambda f, g: np.sqrt(f @ g**2)),
        ),
        "largest": Mistake(
            "This is the maximum calibration error. Asked for is the weighted mean.",
            _top(lambda f, g: np.abs(g).max()),
        ),
        "not-averaged": Mistake(
            "The weights are missing: you add up the gaps of all bins.",
            _top(lambda f, g: np.abs(g).sum()),
        ),
        "true-class": Mistake(
            "You take the probability of the right class for the confidence. Confidence is the "
            "largest one.",
            lambda p, y, bins: _binned(p[np.arange(len(y)), y], p.argmax(axis=1) == y, bins),
        ),
        "bins-closed-above": Mistake(
            "A confidence on the edge of two bins falls into the lower one. Here bin k holds "
            "k/bins itself: [k/bins, …).",
            lambda p, y, bins: _placed(p, y, bins, np.ceil(p.max(axis=1) * bins).astype(int) - 1),
        ),
        "certain-left-out": Mistake(
            "An image with a confidence of exactly 1 falls into no bin. It belongs to the last "
            "one.",
            lambda p, y, bins: _placed(
                p, y, bins, np.searchsorted(np.arange(1, bins + 1) / bins, p.max(axis=1), "right")
            ),
        ),
        "certain-apart": Mistake(
            "An image with a confidence of exactly 1 has a bin of its own. It belongs to the last "
            "one.",
            lambda p, y, bins: _placed(
                p,
                y,
                bins + 1,
                np.searchsorted(np.arange(1, bins + 1) / bins, p.max(axis=1), "right"),
            ),
        ),
        "empty-bins-averaged": Mistake(
            "You divide by the number of bins. Weigh each bin by its fraction of the images.",
            lambda p, y, bins: (
                np.abs(_gaps(p.max(axis=1), p.argmax(axis=1) == y, bins)[1]).sum() / bins
            ),
        ),
        "middle-of-the-bin": Mistake(
            "You take the middle of a bin for its confidence. Average the confidences of the "
            "images in it.",
            lambda p, y, bins: _compared(p, y, bins, middle=True),
        ),
        "equally-full-bins": Mistake(
            "Your bins hold equal numbers of images (quantiles). Asked for are bins of equal "
            "width.",
            lambda p, y, bins: (
                sum(
                    abs(part.sum())
                    for part in np.array_split(
                        ((p.argmax(axis=1) == y) - p.max(axis=1))[
                            np.argsort(p.max(axis=1), kind="stable")
                        ],
                        bins,
                    )
                )
                / len(y)
            ),
        ),
        "without-bins": Mistake(
            "You take each image's own gap, without bins. A single image is right or wrong: only "
            "a bin has an accuracy.",
            lambda p, y, bins: abs((p.argmax(axis=1) == y) - p.max(axis=1)).mean(),
        ),
        "one-confidence-for-all": Mistake(
            "You compare each bin's accuracy with the mean confidence of all images. Each bin has "
            "its own.",
            lambda p, y, bins: _compared(p, y, bins, confidence=p.max(axis=1).mean()),
        ),
        "one-accuracy-for-all": Mistake(
            "You compare each bin's confidence with the accuracy of all images. Each bin has its "
            "own.",
            lambda p, y, bins: _compared(p, y, bins, accuracy=(p.argmax(axis=1) == y).mean()),
        ),
        "error-rate": Mistake(
            "You compare the confidence with the error rate, the fraction of wrong ones. Compare "
            "it with the accuracy: sure and right go together.",
            lambda p, y, bins: _binned(p.max(axis=1), p.argmax(axis=1) != y, bins),
        ),
    },
    referees={"sums by bin": _sums_by_bin},
    returns=("error",),
)
