import math

import numpy as np


def right_with_math(step, steps, lr, warmup):
    if step >= warmup:
        done = (step - warmup) / (steps - warmup)
        return 0.5 * lr * (1.0 + math.cos(math.pi * done))
    return lr / warmup * (step + 1)


def right_with_where(step, steps, lr, warmup):
    angle = np.pi * (step - warmup) / (steps - warmup)
    rise = (step + 1) / max(warmup, 1)
    return np.where(step < warmup, rise, np.cos(angle / 2) ** 2) * lr


def whole_cosine(step, steps, lr, warmup):
    if step < warmup:
        return lr * (step + 1) / warmup
    return lr * math.cos(math.pi * (step - warmup) / (steps - warmup)) ** 2


def quarter_cosine(step, steps, lr, warmup):
    if step < warmup:
        return lr * (step + 1) / warmup
    return lr * math.sin(math.pi / 2 * (steps - step) / (steps - warmup))


def not_lifted(step, steps, lr, warmup):
    if step < warmup:
        return (step + 1) * lr / warmup
    return np.cos(np.pi * (step - warmup) / (steps - warmup)) * lr


def not_halved(step, steps, lr, warmup):
    if step < warmup:
        return (step + 1) * lr / warmup
    return lr + lr * np.cos(np.pi * (step - warmup) / (steps - warmup))


def straight_line(step, steps, lr, warmup):
    if step < warmup:
        return (step + 1) * lr / warmup
    return lr * (steps - step) / (steps - warmup)


def upside_down(step, steps, lr, warmup):
    if step < warmup:
        return (step + 1) * lr / warmup
    return lr / 2 - lr / 2 * np.cos(np.pi * (step - warmup) / (steps - warmup))


def pi_forgotten(step, steps, lr, warmup):
    if step < warmup:
        return (step + 1) * lr / warmup
    return 0.5 * lr * (1 + math.cos((step - warmup) / (steps - warmup)))


def degrees(step, steps, lr, warmup):
    if step < warmup:
        return (step + 1) * lr / warmup
    angle = 180 * (step - warmup) / (steps - warmup)
    return lr * (math.cos(angle) + 1) / 2


def warm_up_ignored(step, steps, lr, warmup):
    return lr * math.cos(math.pi * step / steps / 2) ** 2


def warm_up_from_zero(step, steps, lr, warmup):
    if step < warmup:
        return lr * step / warmup
    return lr * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


def cosine_from_step_zero(step, steps, lr, warmup):
    rate = lr * (1 + math.cos(math.pi * step / steps)) / 2
    if step + 1 <= warmup:
        rate = lr * (step + 1) / warmup
    return rate


def cosine_too_long(step, steps, lr, warmup):
    if step < warmup:
        return lr * (step + 1) / warmup
    step -= warmup
    return lr * (1 + math.cos(math.pi * step / steps)) / 2
