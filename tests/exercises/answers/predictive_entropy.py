import numpy as np
from scipy.special import entr
from scipy.stats import entropy


def right_by_scipy(probability):
    total = entropy(probability.mean(axis=0), axis=-1)
    return total, total - entropy(probability, axis=-1).mean(axis=0)


def right_image_by_image(probability):
    total, disagreement = [], []
    for n in range(probability.shape[1]):
        mean = probability[:, n].mean(axis=0)
        whole = -sum(p * np.log(p) for p in mean)
        total.append(whole)
        disagreement.append(
            whole - np.mean([-sum(p * np.log(p) for p in row) for row in probability[:, n]])
        )
    return np.array(total), np.array(disagreement)


def mean_of_entropies(probability):
    total = entr(probability).sum(axis=-1).mean(axis=0)
    return total, total - entr(probability).sum(axis=-1).mean(axis=0)


def entropies_swapped(probability):
    of_mean = entr(probability.mean(axis=0)).sum(axis=-1)
    mean_of = entr(probability).sum(axis=-1).mean(axis=0)
    return mean_of, mean_of - of_mean


def entropy_returned(probability):
    of_mean = entr(probability.mean(axis=0)).sum(axis=-1)
    return of_mean, entr(probability).sum(axis=-1).mean(axis=0)


def bits(probability):
    mean = probability.mean(axis=0)
    total = -(mean * np.log2(mean)).sum(axis=-1)
    return total, total + (probability * np.log2(probability)).sum(axis=-1).mean(axis=0)


def sign(probability):
    mean = probability.mean(axis=0)
    total = (mean * np.log(mean)).sum(axis=-1)
    return total, total - (probability * np.log(probability)).sum(axis=-1).mean(axis=0)


def mean_over_classes(probability):
    total = entr(probability.mean(axis=0)).mean(axis=-1)
    return total, total - entr(probability).mean(axis=(0, 2))


def disagreement_reversed(probability):
    of_mean = entropy(probability.mean(axis=0), axis=-1)
    return of_mean, entropy(probability, axis=-1).mean(axis=0) - of_mean


def summed_over_images(probability):
    total = entr(probability.mean(axis=0)).sum(axis=0)
    return total, total - entr(probability).sum(axis=1).mean(axis=0)


def probabilities_left_out(probability):
    total = -np.log(probability.mean(0)).sum(1) / probability.shape[2]
    return total, total + np.log(probability).mean(axis=(0, 2))


def probabilities_left_out_of_the_sum(probability):
    total = -np.log(probability.mean(0)).sum(1)
    return total, total + np.log(probability).sum(axis=2).mean(axis=0)


def spread_of_entropies(probability):
    single = -np.einsum("pnc,pnc->pn", probability, np.log(probability))
    mean = probability.mean(axis=0)
    return -np.einsum("nc,nc->n", mean, np.log(mean)), np.std(single, axis=0)


def variance_of_probabilities(probability):
    mean = probability.mean(axis=0)
    return -(mean * np.log(mean)).sum(1), ((probability - mean) ** 2).mean(axis=0).sum(axis=1)


def share(probability):
    mean = probability.mean(axis=0)
    total = -(mean * np.log(mean)).sum(1)
    single = -(probability * np.log(probability)).sum(2).mean(0)
    return total, (total - single) / total


def impurity(probability):
    total = 1 - np.square(probability.mean(axis=0)).sum(axis=1)
    return total, total - (1 - np.square(probability).sum(axis=2)).mean(axis=0)


def geometric_mean(probability):
    mean = np.prod(probability, axis=0) ** (1 / len(probability))
    total = -(mean * np.log(mean)).sum(axis=1)
    return total, total + (probability * np.log(probability)).sum(axis=2).mean(axis=0)
