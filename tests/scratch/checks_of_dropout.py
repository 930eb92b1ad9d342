"""The second referee of structured dropout: PyTorch, under the same mask."""

import numpy as np
import torch
import torch.nn.functional as F
from checks import distinct, note

from dropnorm import scratch as nn


class Given:
    """In the place of a generator: hands out these numbers."""

    def __init__(self, numbers):
        self.numbers = numbers

    def random(self, shape, dtype):
        return self.numbers.reshape(shape).astype(dtype)


def check_same(layer, their_output, x):
    """Output and gradient of x are PyTorch's, whose random numbers the layer has been given."""
    leaf = torch.tensor(x, requires_grad=True)
    theirs = their_output(leaf)
    dy = np.random.default_rng(0).standard_normal(x.shape)
    theirs.backward(torch.from_numpy(dy))
    for ours, their in ((layer(x), theirs.detach()), (layer.backward(dy), leaf.grad)):
        note("PyTorch, float64", np.abs(ours - their.numpy()).max(), 1e-10, type(layer).__name__)


def check_dropout1d(seed=0, p=0.5, shape=(4, 5, 3)):
    torch.manual_seed(seed)
    mask = F.dropout1d(torch.ones(shape, dtype=torch.float64), p)
    layer = nn.Dropout1d(p)
    layer.rng = Given((mask[:, :, :1] != 0).numpy())
    check_same(layer, lambda x: x * mask, distinct(shape, seed))


def check_drop_path(seed=0, p=0.5, shape=(5, 2, 3)):
    torch.manual_seed(seed)
    mask = F.dropout(torch.ones((shape[0], *[1] * (len(shape) - 1)), dtype=torch.float64), p)
    layer = nn.DropPath(p)
    layer.rng = Given((mask != 0).numpy())
    check_same(layer, lambda x: x * mask, distinct(shape, seed))


def check_drop_block(seed=0, p=0.3, block_size=3, shape=(2, 3, 6, 7)):
    """With max pooling, as torchvision does it; for odd block sizes, which have a middle."""
    height, width = shape[2:]
    rows, columns = height - block_size + 1, width - block_size + 1
    numbers = np.random.default_rng(seed).random((*shape[:2], rows, columns))
    gamma = p * height * width / (block_size**2 * rows * columns)
    half = block_size // 2
    middles = F.pad(torch.tensor((numbers < gamma) * 1.0), [half] * 4)
    keep = 1 - F.max_pool2d(middles, block_size, stride=1, padding=half)
    layer = nn.DropBlock2d(p, block_size)
    layer.rng = Given(numbers)
    scale = keep.numel() / max(1, keep.sum().item())
    check_same(layer, lambda x: x * keep * scale, distinct(shape, seed))
