from itertools import pairwise

import numpy as np


def right_with_a_loop(probability, labels, bins):
    confidence, predicted = probability.max(axis=1), probability.argmax(axis=1)
    error = 0.0
    for k in range(bins):
        low, high = k / bins, (k + 1) / bins
        inside = (confidence >= low) & ((confidence < high) | (k == bins - 1))
        if inside.any():
            gap = (predicted[inside] == labels[inside]).mean() - confidence[inside].mean()
            error += inside.mean() * abs(gap)
    return error


def right_with_a_dictionary(probability, labels, bins):
    sums = {}
    for row, label in zip(probability, labels, strict=True):
        k = min(int(row.max() * bins), bins - 1)
        sums[k] = sums.get(k, 0.0) + (row.argmax() == label) - row.max()
    return sum(map(abs, sums.values())) / len(labels)


def _by_bin(confidence, right, bins):
    """(images, accuracy, confidence) of each bin that is not empty."""
    place = np.clip(np.floor(confidence * bins), 0, bins - 1)
    return [
        ((place == k).sum(), right[place == k].mean(), confidence[place == k].mean())
        for k in np.unique(place)
    ]


def bins_unweighted(probability, labels, bins):
    rows = _by_bin(probability.max(axis=1), probability.argmax(axis=1) == labels, bins)
    return np.mean([abs(accuracy - confidence) for _, accuracy, confidence in rows])


def signed(probability, labels, bins):
    error = 0.0
    for n, accuracy, confidence in _by_bin(
        probability.max(axis=1), probability.argmax(axis=1) == labels, bins
    ):
        error += n / len(labels) * (accuracy - confidence)
    return error


def sign_after_sum(probability, labels, bins):
    accuracy = (probability.argmax(axis=1) == labels).mean()
    return abs(accuracy - probability.max(axis=1).mean())


def squared(probability, labels, bins):
    error = 0.0
    for n, accuracy, confidence in _by_bin(
        probability.max(axis=1), probability.argmax(axis=1) == labels, bins
    ):
        error += n / len(labels) * (accuracy - confidence) ** 2
    return error


def root_of_squares(probability, labels, bins):
    rows = _by_bin(probability.max(axis=1), probability.argmax(axis=1) == labels, bins)
    return np.sqrt(
        sum(n * (accuracy - confidence) ** 2 for n, accuracy, confidence in rows) / len(labels)
    )


def largest(probability, labels, bins):
    rows = _by_bin(probability.max(axis=1), probability.argmax(axis=1) == labels, bins)
    return max(abs(accuracy - confidence) for _, accuracy, confidence in rows)


def not_averaged(probability, labels, bins):
    rows = _by_bin(probability.max(axis=1), probability.argmax(axis=1) == labels, bins)
    return sum(abs(accuracy - confidence) for _, accuracy, confidence in rows)


def true_class(probability, labels, bins):
    confidence = np.array([row[label] for row, label in zip(probability, labels, strict=True)])
    rows = _by_bin(confidence, probability.argmax(axis=1) == labels, bins)
    return sum(n * abs(accuracy - mean) for n, accuracy, mean in rows) / len(labels)


def empty_bins_averaged(probability, labels, bins):
    gaps = np.zeros(bins)
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == labels
    for k in range(bins):
        inside = np.minimum(confidence * bins // 1, bins - 1) == k
        if inside.any():
            gaps[k] = abs(right[inside].mean() - confidence[inside].mean())
    return gaps.mean()


def bins_closed_above(probability, labels, bins):
    """As in the code that came with Guo et al.: bins (k/b, (k + 1)/b]."""
    confidence, right, error = probability.max(axis=1), probability.argmax(axis=1) == labels, 0.0
    edges = np.linspace(0, 1, bins + 1)
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


def certain_left_out(probability, labels, bins):
    confidence, right, error = probability.max(axis=1), probability.argmax(axis=1) == labels, 0.0
    for k in range(bins):
        inside = (confidence >= k / bins) & (confidence < (k + 1) / bins)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return error


def certain_apart(probability, labels, bins):
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == labels
    place = np.floor(confidence * bins)
    return sum(abs((right - confidence)[place == k].sum()) for k in np.unique(place)) / len(labels)


def middle_of_the_bin(probability, labels, bins):
    confidence, right = probability.max(1), probability.argmax(1) == labels
    k = np.clip(np.floor(confidence * bins), 0, bins - 1)
    error = 0.0
    for b in np.unique(k):
        error += (k == b).mean() * abs(right[k == b].mean() - (b + 0.5) / bins)
    return error


def equally_full_bins(probability, labels, bins):
    confidence, right = probability.max(1), probability.argmax(1) == labels
    error = 0.0
    for part in np.array_split(np.argsort(confidence, kind="stable"), bins):
        if len(part):
            error += len(part) * abs(right[part].mean() - confidence[part].mean())
    return error / len(labels)


def without_bins(probability, labels, bins):
    confidence = probability.max(axis=1)
    return np.where(probability.argmax(axis=1) == labels, 1 - confidence, confidence).mean()


def one_confidence_for_all(probability, labels, bins):
    confidence, right = probability.max(1), probability.argmax(1) == labels
    k = np.clip(np.floor(confidence * bins), 0, bins - 1)
    gaps = [abs(right[k == b].mean() - confidence.mean()) for b in k]
    return np.mean(gaps)


def one_accuracy_for_all(probability, labels, bins):
    confidence, right = probability.max(1), probability.argmax(1) == labels
    k = np.clip(np.floor(confidence * bins), 0, bins - 1)
    return np.mean([abs(right.mean() - confidence[k == b].mean()) for b in k])


def error_rate(probability, labels, bins):
    confidence, wrong = probability.max(1), probability.argmax(1) != labels
    k = np.clip(np.floor(confidence * bins), 0, bins - 1)
    return np.mean([abs(wrong[k == b].mean() - confidence[k == b].mean()) for b in k])
