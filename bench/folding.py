"""What folding batch norm into the layer before it brings in evaluation.

Both are PyTorch: folded ("ours") against not folded ("theirs").
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bench.rows import Row, side_by_side
from dropnorm.experiments.model import build_model
from dropnorm.experiments.trial import Trial

if TYPE_CHECKING:
    from torch import Tensor, nn

BATCHES = (64, 1)


def rows(rounds: int) -> Iterator[Row]:
    """A convolution with its batch norm, then the network of part III; many images, and one."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    torch.manual_seed(0)
    layers = OrderedDict(conv1=nn.Conv2d(16, 32, 3, padding=1), norm1=nn.BatchNorm2d(32))
    network = build_model(Trial(norm="batch"))
    cases = [
        ("conv + norm", nn.Sequential(layers), (16, 28, 28)),
        ("CNN of part III", network, (1, 28, 28)),
    ]
    for name, model, shape in cases:
        model.eval()
        for size in BATCHES:
            x = torch.randn(size, *shape)
            label = f"folded {name}, batch of {size}"
            ours, theirs = _evaluation(folded(model), x), _evaluation(model, x)
            yield side_by_side(label, ours, theirs, 1.05, rounds)


def folded(model: "nn.Sequential") -> "nn.Sequential":
    """A copy of a Sequential in which a layer and the batch norm after it are one layer."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

    layers: list[Any] = []
    for layer in model:
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(layers[-1], layer)
        elif isinstance(layer, nn.BatchNorm1d):
            layers[-1] = fuse_linear_bn_eval(layers[-1], layer)
        else:
            layers.append(layer)
    return nn.Sequential(*layers).eval()


def _evaluation(model: "nn.Module", x: "Tensor") -> Callable[[], None]:
    import torch

    def run() -> None:
        with torch.inference_mode():
            model(x)

    return run
