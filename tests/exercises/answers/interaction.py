import numpy as np


def right_from_means(plain, dropout, norm, both):
    return np.mean(both) - np.mean(norm) - np.mean(dropout) + np.mean(plain)


def right_seed_by_seed(plain, dropout, norm, both):
    total = 0.0
    for p, d, n, b in zip(plain, dropout, norm, both, strict=True):
        total += (b - d) - (n - p)
    return total / len(plain)


def gain_of_both(plain, dropout, norm, both):
    return both.mean() - plain.mean()


def on_top_of_norm(plain, dropout, norm, both):
    return np.mean(both - norm)


def over_the_best(plain, dropout, norm, both):
    best = max(np.mean(dropout), np.mean(norm))
    return np.mean(both) - best


def plain_forgotten(plain, dropout, norm, both):
    return np.mean(both) - np.mean(dropout) - np.mean(norm)


def sign(plain, dropout, norm, both):
    alone, on_top = np.mean(dropout - plain), np.mean(both - norm)
    return alone - on_top


def halved(plain, dropout, norm, both):
    alone, on_top = np.mean(dropout - plain), np.mean(both - norm)
    return (on_top - alone) / 2


def gains_added(plain, dropout, norm, both):
    alone, on_top = np.mean(dropout - plain), np.mean(both - norm)
    return on_top + alone


def main_effect(plain, dropout, norm, both):
    alone, on_top = np.mean(dropout - plain), np.mean(both - norm)
    return np.mean([on_top, alone])


def wrong_shape(plain, dropout, norm, both):
    return np.append((both - norm) - (dropout - plain), 0)


def absolute(plain, dropout, norm, both):
    return abs((both - norm).mean() - (dropout - plain).mean())


def negative(plain, dropout, norm, both):
    return -abs((both - norm).mean() - (dropout - plain).mean())


def medians(plain, dropout, norm, both):
    return np.percentile(both - norm - dropout + plain, 50)


def ratio(plain, dropout, norm, both):
    return np.mean(both * plain / (norm * dropout))


def relative_gains(plain, dropout, norm, both):
    return np.mean(both / norm - dropout / plain)


def gain_of_dropout(plain, dropout, norm, both):
    return dropout.mean() - plain.mean()


def sum_of_the_gains(plain, dropout, norm, both):
    return np.mean(both) - np.mean(plain + norm + dropout)


def over_the_mean(plain, dropout, norm, both):
    return both.mean() - np.mean([dropout, norm])
