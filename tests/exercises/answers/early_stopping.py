import math

import numpy as np


def right_with_a_while_loop(losses, patience):
    lowest, where, look = math.inf, 0, 0
    while look < len(losses) and look - where <= patience + (losses[look] < lowest):
        if losses[look] < lowest:
            lowest, where = losses[look], look
        look += 1
    return where


def right_with_a_count(losses, patience):
    best, waited = losses[0], 0
    answer = 0
    for i in range(1, len(losses)):
        if losses[i] < best:
            best, answer, waited = losses[i], i, 0
        else:
            waited += 1
            if waited > patience:
                return answer
    return answer


def right_with_numpy(losses, patience):
    age = np.array([i - np.argmin(losses[: i + 1]) for i in range(len(losses))])
    late = np.flatnonzero(age > patience)
    end = late[0] if len(late) else len(losses)
    return np.argmin(losses[:end])


def last_look_returned(losses, patience):
    best, waited, epoch = float("inf"), 0, -1
    while epoch + 1 < len(losses) and waited <= patience:
        epoch += 1
        waited = 0 if losses[epoch] < best else waited + 1
        best = min(best, losses[epoch])
    return epoch


def never_stops(losses, patience):
    return list(losses).index(min(losses))


def one_look_early(losses, patience):
    best, waited, where = float("inf"), 0, 0
    for epoch, loss in enumerate(losses):
        if loss < best:
            best, waited, where = loss, 0, epoch
        else:
            waited += 1
            if waited >= max(patience, 1):
                break
    return where


def one_look_late(losses, patience):
    where = 0
    for epoch in range(len(losses)):
        if losses[epoch] < losses[where]:
            where = epoch
        if epoch - where - 1 > patience:
            break
    return where


def compared_with_the_look_before(losses, patience):
    rises, best = 0, 0
    previous = losses[0]
    for i, loss in enumerate(losses[1:], 1):
        rises = rises + 1 if loss >= previous else 0
        best = i if loss < losses[best] else best
        previous = loss
        if rises > patience:
            return best
    return best


def count_not_reset(losses, patience):
    counter, best = 0, 0
    for i in range(1, len(losses)):
        if losses[i] < losses[best]:
            best = i
        else:
            counter += 1
        if counter > patience:
            break
    return best


def ties_are_better(losses, patience):
    best = 0
    for i, loss in enumerate(losses):
        if i - best > patience and loss > losses[best]:
            break
        if loss <= losses[best]:
            best = i
    return best


def loss_returned(losses, patience):
    lowest, age = losses[0], 0
    for loss in losses[1:]:
        age = 0 if loss < lowest else age + 1
        lowest = min(lowest, loss)
        if age > patience:
            break
    return lowest


def counted_from_one(losses, patience):
    best = 1
    for epoch, loss in enumerate(losses, start=1):
        if loss < losses[best - 1]:
            best = epoch
        elif epoch - best > patience:
            break
    return best
