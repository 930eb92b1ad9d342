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
        "kernel-halved": Mistake(
            "You take off half the kernel, rounded down, on each side. That fits odd kernels "
            "only: take off kernel − 1 in all.",
            lambda n, k, s, p: (n + 2 * p - 2 * (k // 2) - 1) // s + 1,
        ),
        "dilated": Mistake(
            "Your kernel reaches over 2(kernel − 1) + 1 pixels, as one with gaps (dilated by 2) "
            "does. Here its pixels lie side by side.",
            lambda n, k, s, p: (n + 2 * p - 2 * (k - 1) - 1) // s + 1,
        ),
        "same-padding": Mistake(
            "You divide the size by the stride and round up, as with padding that is chosen for "
            "it (“same”). Here the padding is given.",
            lambda n, k, s, p: -(-n // s),
        ),
        "transposed-convolution": Mistake(
            "This is the size after a transposed convolution, (size − 1) · stride − 2 · padding + "
            "kernel. An ordinary one makes images smaller.",
            lambda n, k, s, p: (n - 1) * s - 2 * p + k,
        ),
        "divided-first": Mistake(
            "You divide the size by the stride before you subtract the kernel. The kernel's "
            "pixels count in full: only its steps are counted by the stride.",
            lambda n, k, s, p: (n + 2 * p) // s - k + 1,
        ),
        "padding-added-after": Mistake(
            "You add the padding at the end. It belongs to the size, before you divide by the "
            "stride.",
            lambda n, k, s, p: (n - k) // s + 1 + 2 * p,
        ),
        "patches-side-by-side": Mistake(
            "You count kernels that lie side by side, as pooling does. The kernel moves by the "
            "stride, not by its own size.",
            lambda n, k, s, p: (n + 2 * p) // k,
        ),
    },
    referees={"counting places": _count_places},
    returns=("out",),
)
