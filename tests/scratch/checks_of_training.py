"""Referees of what is done with a network: training, folding, recalibrating."""

import numpy as np
import torch
from checks import error_against, note, shaken, twin, values
from torch.nn.utils.fusion import fuse_conv_bn_eval

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


def check_fold(conv, x, seed=0):
    """One convolution has the two layers' output; PyTorch's folding gives the same weights."""
    norm = shaken(nn.BatchNorm2d(len(conv.params["weight"]), eps=1e-3, dtype=x.dtype), seed).eval()
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
        elif isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
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
