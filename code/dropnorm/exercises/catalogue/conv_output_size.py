"""Exercise of chapter 04: How large is the output?"""

from dropnorm.exercises.spec import Exercise, Mistake


def conv_output_size(size, kernel, stride, padding):
    """How many pixels a convolution puts out along one axis.

    Parameters
    ----------
    size, kernel, stride : int
        Pixels of the input, of the kernel, and from one place of the kernel to the next; at least
        1. The kernel is no larger than the padded input.
    padding : int
        Zeros on each side, at least 0.

    Returns
    -------
    out : int
        A whole number; a place where the kernel does not fit does not count.
    """
    return (size + 2 * padding - kernel) // stride + 1


def _count_places(size, kernel, stride, padding):
    return len(range(0, size + 2 * padding - kernel + 1, stride))


EXERCISE = Exercise(
    name="conv-output-size",
    chapter=4,
    stars=1,
    title="How large is the output?",
    hint=(
        "Where can the kernel's first pixel stand? Count these places, from the first to the last."
    ),
    solution=conv_output_size,
    cases=lambda rng: {
        "28 pixels, kernel 3": (28, 3, 1, 0),
        "28 pixels, kernel 3, padding 1": (28, 3, 1, 1),
        "28 pixels, kernel 5, stride 2, padding 2": (28, 5, 2, 2),
        "7 pixels, kernel 2, stride 3": (7, 2, 3, 0),
        "6 pixels, kernel 2": (6, 2, 1, 0),
        "kernel as large as the image": (5, 5, 2, 0),
        "random": tuple(
            int(n)
            for n in (
                rng.integers(20, 40),
                rng.integers(2, 6),
                rng.integers(2, 4),
                rng.integers(1, 4),
            )
        ),
    },
    mistakes={
        "padding-once": Mistake(
            "You count the padding once. There are zeros on both sides: 2 · padding.",
            lambda n, k, s, p: (n + p - k) // s + 1,
        ),
        "padding-squared": Mistake(
            "You square the padding. There are zeros on both sides: 2 · padding.",
            lambda n, k, s, p: (n + p**2 - k) // s + 1,
        ),
        "one-forgotten": Mistake(
            "One too few: the first place counts, too. With kernel = size there is one place, not "
            "none.",
            lambda n, k, s, p: (n + 2 * p - k) // s,
        ),
        "rounded-up": Mistake(
            "You round up. The last, incomplete step does not count: round down.",
            lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
        ),
        "stride-ignored": Mistake("The stride is missing.", lambda n, k, s, p: n + 2 * p - k + 1),
        "padding-ignored": Mistake("The padding is missing.", lambda n, k, s, p: (n - k) // s + 1),
        "kernel-ignored": Mistake(
            "The kernel's size is missing: it must fit as a whole.",
            lambda n, k, s, p: (n + 2 * p - 1) // s + 1,
        ),
        "not-whole": Mistake(
            "You get a float, and parts of a pixel. Use //, which rounds down.",
            lambda n, k, s, p: (n + 2 * p - k) / s + 1,
        ),
        "one-before-dividing": Mistake(
            "You add the 1 before you divide by the stride. Count the steps first, then add the "
            "first place.",
            lambda n, k, s, p: (n + 2 * p - k + 1) // s,
        ),
    },
    referees={"counting places": _count_places},
    returns=("out",),
)
