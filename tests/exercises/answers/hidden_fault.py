import numpy as np


def right_with_a_list(right, faulty, x, sizes, tolerance):
    passes = [bool((np.abs(faulty(x[:n]) - right(x[:n])) <= tolerance).all()) for n in sizes]
    for i, n in enumerate(sizes):
        if all(passes[i:]):
            return n
    return 0


def right_forwards(right, faulty, x, sizes, tolerance):
    answer = 0
    for n in sizes:
        gap = np.max(np.abs(faulty(x[:n]) - right(x[:n])))
        if np.isnan(gap) or gap > tolerance:
            answer = 0
        elif answer == 0:
            answer = n
    return answer


def right_with_allclose(right, faulty, x, sizes, tolerance):
    size = 0
    for n in sizes[::-1]:
        if not np.allclose(faulty(x[:n]), right(x[:n]), rtol=0, atol=tolerance):
            return size
        size = n
    return size


def first_that_agrees(right, faulty, x, sizes, tolerance):
    for n in sizes:
        if (np.abs(faulty(x[:n]) - right(x[:n])) <= tolerance).all():
            return n
    return 0


def last_that_differs(right, faulty, x, sizes, tolerance):
    for n in reversed(sizes):
        if not (np.abs(faulty(x[:n]) - right(x[:n])) <= tolerance).all():
            return n
    return 0


def _from_the_top(agree, sizes):
    size = 0
    for n in sizes[::-1]:
        if not agree(n):
            break
        size = n
    return size


def mean_gap(right, faulty, x, sizes, tolerance):
    return _from_the_top(
        lambda n: np.mean(np.abs(right(x[:n]) - faulty(x[:n]))) <= tolerance, sizes
    )


def signed_gap(right, faulty, x, sizes, tolerance):
    return _from_the_top(lambda n: np.max(faulty(x[:n]) - right(x[:n])) <= tolerance, sizes)


def nan_agrees(right, faulty, x, sizes, tolerance):
    size = 0
    for n in sizes[::-1]:
        if np.any(np.abs(right(x[:n]) - faulty(x[:n])) > tolerance):
            break
        size = n
    return size


def relative_tolerance(right, faulty, x, sizes, tolerance):
    def agree(n):
        a, b = faulty(x[:n]), right(x[:n])
        return np.abs(a - b).max() / np.abs(b).max() <= tolerance

    return _from_the_top(agree, sizes)


def numpy_tolerance(right, faulty, x, sizes, tolerance):
    return _from_the_top(
        lambda n: np.isclose(faulty(x[:n]), right(x[:n]), tolerance, tolerance).all(), sizes
    )


def one_batch_cut(right, faulty, x, sizes, tolerance):
    a, b = right(x), faulty(x)
    return _from_the_top(lambda n: np.abs(a[:n] - b[:n]).max() <= tolerance, sizes)


def index_returned(right, faulty, x, sizes, tolerance):
    i = len(sizes)
    while i and (np.abs(faulty(x[: sizes[i - 1]]) - right(x[: sizes[i - 1]])) <= tolerance).all():
        i -= 1
    return i if i < len(sizes) else 0


def largest_returned(right, faulty, x, sizes, tolerance):
    passes = [n for n in sizes if (np.abs(faulty(x[:n]) - right(x[:n])) <= tolerance).all()]
    return passes[-1] if passes and passes[-1] == sizes[-1] else 0
