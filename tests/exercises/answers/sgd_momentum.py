import numpy as np


def right_in_three_lines(w, v, grad, lr, momentum, weight_decay):
    grad = grad + weight_decay * w
    v = v * momentum + grad
    return w - v * lr, v


def right_expanded(w, v, grad, lr, momentum, weight_decay):
    new_w = w * (1 - lr * weight_decay) - lr * grad - lr * momentum * v
    return new_w, (w - new_w) / lr


def uphill(w, v, grad, lr, momentum, weight_decay):
    g = grad + weight_decay * w
    v = momentum * v + g
    w = w + lr * v
    return w, v


def dampened(w, v, grad, lr, momentum, weight_decay):
    g = grad + weight_decay * w
    v = momentum * v + (1 - momentum) * g
    return w - lr * v, v


def rate_in_velocity(w, v, grad, lr, momentum, weight_decay):
    g = grad + weight_decay * w
    v = momentum * v + lr * g
    return w - v, v


def downhill_velocity(w, v, grad, lr, momentum, weight_decay):
    v = momentum * v - lr * (grad + weight_decay * w)
    return w + v, v


def old_velocity(w, v, grad, lr, momentum, weight_decay):
    new_w = w - lr * v
    new_v = momentum * v + grad + weight_decay * w
    return new_w, new_v


def momentum_left_out(w, v, grad, lr, momentum, weight_decay):
    v = grad + weight_decay * w
    return w - lr * v, v


def momentum_one(w, v, grad, lr, momentum, weight_decay):
    v = v + grad
    v = v + weight_decay * w
    return w - lr * v, v


def decay_left_out(w, v, grad, lr, momentum, weight_decay):
    v = grad + momentum * v
    return w - lr * v, v


def decay_decoupled(w, v, grad, lr, momentum, weight_decay):
    v = grad + momentum * v
    w = w * (1 - lr * weight_decay) - lr * v
    return w, v


def decay_sign(w, v, grad, lr, momentum, weight_decay):
    grad = grad - weight_decay * w
    v = momentum * v + grad
    return w - lr * v, v


def nesterov(w, v, grad, lr, momentum, weight_decay):
    grad = grad + weight_decay * w
    v = momentum * v + grad
    ahead = grad + momentum * v
    return w - lr * ahead, v


def changed_input(w, v, grad, lr, momentum, weight_decay):
    v *= momentum
    v += grad + weight_decay * w
    w -= lr * v
    return w, v


def gradient_damped(w, v, grad, lr, momentum, weight_decay):
    velocity = momentum * v + momentum * (grad + weight_decay * w)
    return w - lr * velocity, velocity


def decay_times_rate(w, v, grad, lr, momentum, weight_decay):
    total = grad + w * (lr * weight_decay)
    new = total + momentum * v
    return w - new * lr, new


def decay_without_rate(w, v, grad, lr, momentum, weight_decay):
    velocity = grad + momentum * v
    return (1 - weight_decay) * w - lr * velocity, velocity


def decay_of_the_sign(w, v, grad, lr, momentum, weight_decay):
    velocity = momentum * v + grad + np.where(w > 0, weight_decay, -weight_decay)
    return w - lr * velocity, velocity


def decay_of_the_velocity(w, v, grad, lr, momentum, weight_decay):
    velocity = (momentum + weight_decay) * v + grad
    return w - lr * velocity, velocity


def plain_step(w, v, grad, lr, momentum, weight_decay):
    total = grad + weight_decay * w
    return w - lr * total, momentum * v + total


def gradient_twice(w, v, grad, lr, momentum, weight_decay):
    total = grad + weight_decay * w
    new = momentum * v + total
    return w - lr * (new + total), new
