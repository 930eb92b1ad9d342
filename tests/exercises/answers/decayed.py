import numpy as np


def right_in_a_loop(names, shapes):
    answer = []
    for _, shape in zip(names, shapes, strict=True):
        answer.append(len(tuple(shape)) >= 2)
    return answer


def right_with_numpy(names, shapes):
    return np.array([np.zeros(shape).ndim != 1 for shape in shapes])


def gammas_decayed(names, shapes):
    return [name.split(".")[-1] == "weight" for name in names]


def all_decayed(names, shapes):
    return np.ones(len(names), dtype=bool)


def biases_decayed(names, shapes):
    def layer(name):
        return name[: name.rfind(".")] if "." in name else ""

    norms = {
        layer(name)
        for name, shape in zip(names, shapes, strict=True)
        if name.endswith("weight") and len(shape) == 1
    }
    return [layer(name) not in norms for name in names]


def turned_round(names, shapes):
    return [not len(shape) > 1 for shape in shapes]


def dense_spared(names, shapes):
    return [len(shape) > 2 for shape in shapes]


def singles_spared(names, shapes):
    return [np.ones(shape).size > 1 and np.ones(shape).ndim > 1 for shape in shapes]


def axes_of_one_ignored(names, shapes):
    return [np.ones(shape).squeeze().ndim > 1 for shape in shapes]


def norm_by_its_name(names, shapes):
    return [
        name.endswith("weight") and not any(word in name for word in ("norm", "bn"))
        for name in names
    ]
