import numpy as np


def right_by_inverse(x, target, p):
    penalty = p / (1 - p) * np.diag(np.sum(x * x, axis=0))
    return np.linalg.inv(x.T @ x + penalty) @ x.T @ target


def right_by_extra_rows(x, target, p):
    extra = np.diag(np.sqrt(p / (1 - p) * (x**2).sum(axis=0)))
    rows = np.vstack([x, extra])
    return np.linalg.lstsq(rows, np.concatenate([target, np.zeros(x.shape[1])]), rcond=None)[0]


def penalty_without_n(x, target, p):
    lam = p / (1 - p)
    return np.linalg.solve(x.T @ x + lam * np.identity(x.shape[1]), x.T @ target)


def columns_alike(x, target, p):
    n, d = x.shape
    lam = n * p / (1 - p)
    return np.linalg.inv(x.T @ x + lam * np.eye(d)) @ (x.T @ target)


def keep_drop_swapped(x, target, p):
    lam = (1 - p) / p
    return np.linalg.solve(x.T @ x + lam * np.diag((x**2).sum(axis=0)), x.T @ target)


def no_penalty(x, target, p):
    return np.linalg.lstsq(x, target, rcond=None)[0]


def unscaled_variance(x, target, p):
    gram = x.T @ x
    gram[np.diag_indices(len(gram))] *= 1 + p * (1 - p)
    return np.linalg.solve(gram, x.T @ target)


def penalty_is_p(x, target, p):
    gram = x.T @ x
    gram[np.diag_indices(len(gram))] *= 1 + p
    return np.linalg.solve(gram, x.T @ target)


def mean_square(x, target, p):
    penalty = p / (1 - p) * np.diag((x**2).mean(axis=0))
    return np.linalg.solve(x.T @ x + penalty, x.T @ target)


def full_gram(x, target, p):
    gram = x.T @ x
    return np.linalg.solve(gram + p / (1 - p) * gram, x.T @ target)


def centred(x, target, p):
    z = x - x.mean(axis=0)
    gram = z.T @ z
    gram[np.diag_indices(len(gram))] /= 1 - p
    return np.linalg.solve(gram, z.T @ (target - target.mean()))


def weights_scaled(x, target, p):
    gram = x.T @ x
    gram[np.diag_indices(len(gram))] /= 1 - p
    return np.linalg.solve(gram * (1 - p), x.T @ target)


def weights_scaled__without_scale(x, target, p):
    gram = (1 - p) ** 2 * (x.T @ x)
    gram[np.diag_indices(len(gram))] = (1 - p) * (x**2).sum(axis=0)
    return np.linalg.inv(gram) @ ((1 - p) * x.T @ target)


def column_variances(x, target, p):
    penalty = np.diag(x.var(axis=0) * len(x)) * p / (1 - p)
    return np.linalg.inv(x.T @ x + penalty) @ (x.T @ target)


def root_of_squares(x, target, p):
    penalty = np.diag(np.linalg.norm(x, axis=0)) * p / (1 - p)
    return np.linalg.inv(x.T @ x + penalty) @ (x.T @ target)


def subtracted(x, target, p):
    penalty = np.diag(np.einsum("nd,nd->d", x, x)) * p / (1 - p)
    return np.linalg.inv(x.T @ x - penalty) @ (x.T @ target)
