"""Referees of what is done with a network: training, folding, recalibrating."""

from functools import partial

import numpy as np
import torch
from checks import error_against, note, shaken, twin, values
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.optim import lr_scheduler

from dropnorm import scratch as nn

X, LABELS = values((8, 5), 0), np.arange(8) % 3


def check_follows_pytorch(network, optimiser, their_optimiser, images, labels, steps, batch, limit):
    """From one start the network has PyTorch's loss at every step, and its state at the end."""
    their = twin(network.train())
    our_step, their_step = optimiser(network), their_optimiser(their)
    rng = np.random.default_rng(0)
    for step in range(steps):
        chosen = rng.choice(len(images), batch, replace=False)
        loss, dlogits = nn.softmax_cross_entropy(network(images[chosen]), labels[chosen])
        network.backward(dlogits)
        our_step.step()
        their_step.zero_grad()
        their_loss = torch.nn.functional.cross_entropy(
            their(torch.from_numpy(images[chosen])), torch.tensor(labels[chosen])
        )
        their_loss.backward()
        their_step.step()
        note("loss against PyTorch", abs(loss - their_loss.item()), limit, f"step {step}")
    for name, array in their.state_dict().items():
        note("state against PyTorch", error_against(network.state_dict()[name], array), limit, name)
    scores, their_scores = network.eval()(images), their.eval()(torch.from_numpy(images))
    note("evaluation against PyTorch", error_against(scores, their_scores), limit)


def dense_network(seed):
    made = {"rng": np.random.default_rng(seed), "dtype": np.float64}
    return nn.Sequential(
        nn.Linear(5, 4, **made),
        nn.BatchNorm1d(4, dtype=np.float64),
        nn.ReLU(),
        nn.Linear(4, 3, **made),
    )


def groups(their, weight_decay, spare_vectors):
    """PyTorch's way to spare γ, β and biases: two groups of parameters."""
    if not spare_vectors:
        return [{"params": their.parameters(), "weight_decay": weight_decay}]
    matrices = [p for p in their.parameters() if p.ndim > 1]
    vectors = [p for p in their.parameters() if p.ndim == 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


def check_sgd(seed=0, lr=0.1, momentum=0.9, weight_decay=0.1, spare_vectors=False, nesterov=False):
    check_follows_pytorch(
        dense_network(seed),
        lambda ours: nn.SGD(
            ours, lr, momentum, weight_decay, nesterov=nesterov, spare_vectors=spare_vectors
        ),
        lambda their: torch.optim.SGD(
            groups(their, weight_decay, spare_vectors), lr, momentum, nesterov=nesterov
        ),
        X,
        LABELS,
        steps=6,
        batch=8,
        limit=1e-10,
    )


def check_adam(
    seed=0, lr=0.1, betas=(0.9, 0.999), weight_decay=0.1, spare_vectors=False, kind="Adam"
):
    check_follows_pytorch(
        dense_network(seed),
        lambda ours: getattr(nn, kind)(
            ours, lr, betas, weight_decay=weight_decay, spare_vectors=spare_vectors
        ),
        lambda their: getattr(torch.optim, kind)(
            groups(their, weight_decay, spare_vectors), lr, betas
        ),
        X,
        LABELS,
        steps=6,
        batch=8,
        limit=1e-7,
    )


def check_spared(kind="SGD"):
    """Without a gradient weight decay shrinks weights alone: γ, β and biases are spared."""
    net = dense_network(0)
    net.backward(np.zeros_like(net(X)))
    before = net.state_dict()
    getattr(nn, kind)(net, lr=1e-4, weight_decay=0.5, spare_vectors=True).step()
    for name, param in net.params.items():
        if param.ndim > 1:
            assert (np.abs(param) < np.abs(before[name])).all()
        else:
            np.testing.assert_array_equal(param, before[name])


def check_schedule(ours, theirs, steps, lr=0.3):
    """From step to step the optimiser has PyTorch's learning rate.

    ``ours`` and ``theirs`` make a schedule of an optimiser from ``nn`` or ``lr_scheduler``.
    """
    optimiser = nn.SGD(nn.Linear(2, 2, rng=0), lr)
    their_optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr)
    schedule, their_schedule = ours(optimiser), theirs(their_optimiser)
    for step in range(steps):
        error = abs(optimiser.lr - their_optimiser.param_groups[0]["lr"])
        note("learning rate against PyTorch", error, 1e-12, f"step {step}")
        their_optimiser.step()
        schedule.step()
        their_schedule.step()


def check_cosine(T_max=7, eta_min=0.01, steps=20):
    check_schedule(
        lambda optimiser: nn.CosineAnnealingLR(optimiser, T_max, eta_min),
        lambda optimiser: lr_scheduler.CosineAnnealingLR(optimiser, T_max, eta_min),
        steps,
    )


def check_warm_up(start=0.1, end=0.9, total=4, steps=8):
    check_schedule(
        lambda optimiser: nn.LinearLR(optimiser, start, end, total),
        lambda optimiser: lr_scheduler.LinearLR(optimiser, start, end, total),
        steps,
    )


def check_sequence(warm_up=3, T_max=5, start=0.1):
    """A warm-up, then a cosine, then the last rate as it is."""

    def make(kit, optimiser):
        parts = [
            kit.LinearLR(optimiser, start, total_iters=warm_up),
            kit.CosineAnnealingLR(optimiser, T_max),
            kit.LinearLR(optimiser, 0.01, 0.01, 1),
        ]
        return kit.SequentialLR(optimiser, parts, [warm_up, warm_up + T_max])

    check_schedule(partial(make, nn), partial(make, lr_scheduler), steps=warm_up + T_max + 4)


def check_fold(conv, x, seed=0, affine=True):
    """One convolution has the two layers' output; PyTorch's folding gives the same weights."""
    norm = nn.BatchNorm2d(len(conv.params["weight"]), 1e-3, affine=affine, dtype=x.dtype)
    shaken(norm, seed).eval()
    folded = nn.fold(conv, norm)
    note("folding", nn.relative_error(folded(x), norm(conv(x)), floor=1), 1e-12)
    for name, array in fuse_conv_bn_eval(twin(conv.eval()), twin(norm)).named_parameters():
        error = nn.relative_error(folded.params[name], array.detach().numpy(), floor=1)
        note("folding", error, 1e-12, name)


def check_recalibrate(network, batches):
    """Running statistics are the plain average of what training mode sees without dropout.

    PyTorch's way to it is momentum=None.
    """
    their = twin(network).train()
    for module in their.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        elif getattr(module, "track_running_stats", False):
            module.reset_running_stats()
            module.momentum = None
    for x in batches:
        their(torch.from_numpy(x))
    nn.recalibrate(network, batches)
    for name, array in their.named_buffers():
        error = nn.relative_error(network.buffers[name], array.numpy(), floor=1)
        note("recalibrating", error, 1e-12, name)


def dropout_before_norm():
    made = {"rng": np.random.default_rng(0), "dtype": np.float64}
    return nn.Sequential(
        nn.Linear(5, 4, **made),
        nn.Dropout(0.5, rng=0),
        nn.BatchNorm1d(4, dtype=np.float64),
        nn.ReLU(),
        nn.Sequential(nn.Linear(4, 3, **made), nn.BatchNorm1d(3, dtype=np.float64)),
    )
