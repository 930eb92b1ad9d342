"""A network in two parts: up to the last hidden layer, and the logits behind it."""

import copy

from torch import nn
from torch.nn.utils.fusion import fuse_linear_bn_eval


def split_at_logits(model: nn.Sequential) -> tuple[nn.Sequential, nn.Linear]:
    """A copy in evaluation mode up to the last hidden layer, and the linear layer behind it.

    A norm behind the logits is folded into that layer.
    """
    hidden = copy.deepcopy(model).eval()
    logits = hidden.get_submodule("logits")
    assert isinstance(logits, nn.Linear)
    hidden.logits = nn.Identity()
    if hasattr(hidden, "norm_logits"):
        norm = hidden.get_submodule("norm_logits")
        assert isinstance(norm, nn.BatchNorm1d)
        logits = fuse_linear_bn_eval(logits, norm)
        hidden.norm_logits = nn.Identity()
    return hidden, logits
