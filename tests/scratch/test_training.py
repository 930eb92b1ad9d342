"""A whole network in training stays with PyTorch, step by step from the same start."""

import numpy as np
import pytest
import torch
from checks import small_cnn
from checks_of_training import check_follows_pytorch

from dropnorm import data
from dropnorm import scratch as nn

IMAGES, LABELS = data.fashion("train", 200)
SMALL = IMAGES[:, :, ::2, ::2].astype(np.float64)  # 14 × 14 pixels


def network(dtype=np.float64):
    return small_cnn(0, dtype, channels=(1, 4, 8), features=16, classes=10, side=14)


def test_a_cnn_with_batch_norm_follows_pytorch_for_100_steps_of_sgd():
    check_follows_pytorch(
        network(),
        lambda ours: nn.SGD(ours, lr=0.05, momentum=0.9, weight_decay=1e-3),
        lambda theirs: torch.optim.SGD(
            theirs.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3
        ),
        SMALL,
        LABELS,
        steps=100,
        batch=32,
        limit=1e-8,
    )


def test_a_cnn_with_batch_norm_follows_pytorch_for_50_steps_of_adam():
    check_follows_pytorch(
        network(),
        lambda ours: nn.Adam(ours, lr=0.003, weight_decay=1e-3),
        lambda theirs: torch.optim.Adam(theirs.parameters(), lr=0.003, weight_decay=1e-3),
        SMALL,
        LABELS,
        steps=50,
        batch=32,
        limit=1e-8,
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sixty_steps_bring_the_loss_of_a_cnn_with_dropout_and_batch_norm_below_half(dtype):
    net = small_cnn(0, dtype, channels=(1, 4, 8), features=16, classes=10, side=14, p=0.2)
    optimiser, images = nn.SGD(net, lr=0.1, momentum=0.9), SMALL.astype(dtype)
    losses = []
    for _ in range(60):
        loss, dlogits = nn.softmax_cross_entropy(net(images), LABELS)
        net.backward(dlogits)
        optimiser.step()
        losses.append(loss)
    assert losses[-1] < losses[0] / 2
    assert all(array.dtype == dtype for array in (*net.params.values(), *net.grads.values()))
    assert nn.accuracy(net.eval()(images), LABELS) > 0.7
