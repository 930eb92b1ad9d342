import numpy as np


def right_by_einsum(dy, x, weight):
    return np.einsum("no,oi->ni", dy, weight), np.einsum("no,ni->oi", dy, x), np.einsum("no->o", dy)


def right_row_by_row(dy, x, weight):
    dx, dweight, dbias = np.zeros_like(x), np.zeros_like(weight), np.zeros(len(weight))
    for i in range(len(x)):
        dx[i] = weight.T @ dy[i]
        dweight += np.outer(dy[i], x[i])
        dbias += dy[i]
    return dx, dweight, dbias


def bias_mean(dy, x, weight):
    return np.dot(dy, weight), np.dot(x.T, dy).T, np.mean(dy, axis=0)


def weight_mean(dy, x, weight):
    n = x.shape[0]
    return dy @ weight, dy.T @ x / n, dy.sum(0)


def all_means(dy, x, weight):
    n = x.shape[0]
    dweight = sum(np.outer(d, row) for d, row in zip(dy, x, strict=True)) / n
    return dy @ weight, dweight, sum(dy) / n


def weight_transposed(dy, x, weight):
    return np.matmul(dy, weight), np.matmul(x.T, dy), np.sum(dy, axis=0)


def wrong_side(dy, x, weight):
    dx = dy @ weight.T
    return dx, dy.T @ x, dy.sum(axis=0)


def bias_over_features(dy, x, weight):
    return dy @ weight, dy.T @ x, np.array([sum(row) for row in dy])


def bias_not_summed(dy, x, weight):
    return dy @ weight, dy.T @ x, dy.copy()


def dx_without_weight(dy, x, weight):
    return dy.copy(), dy.T @ x, np.ones(len(dy)) @ dy


def wrong_count(dy, x, weight):
    return dy @ weight, dy.T @ x


def exception(dy, x, weight):
    return dy.T @ weight, x @ dy, dy.sum(axis=2)


def weight_from_dx(dy, x, weight):
    dx = np.matmul(dy, weight)
    return dx, np.einsum("ni,nj->ij", dx, x), np.sum(dy, axis=0)


def weight_per_row(dy, x, weight):
    return dy @ weight, np.array([np.outer(d, v) for d, v in zip(dy, x, strict=True)]), dy.sum(0)


def bias_one_number(dy, x, weight):
    return dy @ weight, dy.T @ x, np.sum(dy)


def downhill(dy, x, weight):
    minus = -1.0 * dy
    return minus @ weight, minus.T @ x, minus.sum(axis=0)


def everything_averaged(dy, x, weight):
    mean = dy / dy.shape[0]
    return mean @ weight, mean.T @ x, mean.sum(axis=0)


def bias_through_weight(dy, x, weight):
    dx = dy @ weight
    return dx, dy.T @ x, dx.sum(axis=0)


def dx_mean(dy, x, weight):
    return np.einsum("no,oi->ni", dy, weight) / len(dy), dy.T @ x, dy.sum(axis=0)


def weight_one_row(dy, x, weight):
    return dy @ weight, np.outer(dy[0], x[0]), np.sum(dy, axis=0)
