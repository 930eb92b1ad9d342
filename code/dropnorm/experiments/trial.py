"""A trial: everything that decides a run."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

Device = Literal["cpu", "cuda", "auto"]
"""Where trials run; ``auto`` takes the workers' GPU where there is one."""

CHOICES: dict[str, tuple[str, ...]] = {
    "data": ("fashion", "mnist"),
    "dropout_at": ("fc", "conv", "both"),
    "dropout_unit": ("element", "channel"),
    "dropout_order": ("after", "before"),
    "norm": ("none", "batch", "layer", "group", "instance", "noisy batch"),
    "norm_at": ("before", "after"),
    "schedule": ("cosine", "constant"),
    "model": ("cnn", "mlp"),
    "activation": ("relu", "sigmoid", "none"),
    "probe": ("none", "training", "units", "averaging", "shift"),
}
"""Allowed values of the fields that hold a word."""

CONDITIONS = ("plain", "dropout", "batch norm", "both")
"""The four networks of the 2×2."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One network trained once. Two trials that differ in any field are different; the seed decides all randomness.

    Paired trials, those with the same seed, start from the same weights and, at equal ``n_train`` and ``batch_size``, see
    the same batches in the same order, whatever their dropout and normalisation.

    Raises
    ------
    ValueError
        A value that is not allowed, or a combination that makes no sense; the message says why.
    """

    data: str = "fashion"
    """Data set: ``"fashion"`` (Fashion-MNIST) or ``"mnist"``."""
    n_train: int = 5_000
    """Training images, the first of the stratified order."""
    n_validation: int = 5_000
    """Validation images for the final figure; the curves use the first 1,000 of them."""
    n_test: int = 10_000
    """Test images."""
    random_labels: bool = False
    """Give every training image a label drawn at random (Zhang et al., 2017)."""
    width: int = 8
    """Channels of the first convolution; the second has twice as many."""
    hidden: int = 128
    """Units of the dense hidden layer."""
    dropout: float = 0.0
    """Probability of dropping, 0 ≤ p < 1."""
    dropout_at: str = "fc"
    """After the dense hidden layer, after both convolution blocks, or after all three."""
    dropout_unit: str = "element"
    """What is dropped after a convolution block: single elements or whole channels."""
    dropout_order: str = "after"
    """In a block with normalisation: dropout at the end of the block, or right before the normalisation."""
    norm: str = "none"
    """Normalisation of every hidden layer: batch, layer, group (4 groups) or instance; the last two use layer norm on the
    dense layer. ``"noisy batch"`` is batch norm followed by a random shift and stretch, new at each step of training
    (Santurkar et al., 2018)."""
    norm_at: str = "before"
    """Normalise before or after the activation."""
    init_scale: float = 1.0
    """Factor on the standard deviation of the initial weights; 1 is He initialisation."""
    lr: float = 0.05
    """Learning rate at the first step."""
    schedule: str = "cosine"
    """Learning rate over the steps: a half cosine down to 0, or constant."""
    momentum: float = 0.9
    """Momentum of SGD."""
    weight_decay: float = 0.0
    """Weight decay of SGD, on all parameters."""
    batch_size: int = 64
    """Images a step; the rest of an epoch that does not fill a batch is left out."""
    steps: int = 1_000
    """Updates."""
    model: str = "cnn"
    """``"cnn"``: the course's two convolution blocks and a dense layer; ``"mlp"``: ``depth`` dense hidden layers."""
    depth: int = 3
    """Hidden layers of an MLP, each with ``hidden`` units; the CNN always has three."""
    activation: str = "relu"
    """After each hidden layer; ``"none"`` makes the whole network linear."""
    probe: str = "none"
    """What is measured besides, without a change to the training: ``"training"`` (distributions and gradients on the way),
    ``"units"`` (hidden units one by one at the end), ``"averaging"`` (votes of thinned networks), ``"shift"`` (variance
    between training and evaluation)."""
    seed: int = 0
    """Decides initial weights, order of batches, dropout masks and random labels."""

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if (value := getattr(self, name)) not in allowed:
                raise ValueError(f"{name}={value!r}: expected one of {', '.join(map(repr, allowed))}")
        for name in ("n_train", "n_validation", "n_test", "width", "hidden", "batch_size", "steps", "depth"):
            self._check(name, int, lambda v: v >= 1, "a whole number from 1")
        self._check("seed", int, lambda v: v >= 0, "a whole number from 0")
        self._check("random_labels", bool, lambda v: True, "True or False")
        self._check("dropout", float, lambda v: 0 <= v < 1, "the probability of dropping, 0 <= p < 1")
        self._check("momentum", float, lambda v: 0 <= v < 1, "a number, 0 <= momentum < 1")
        self._check("weight_decay", float, lambda v: 0 <= v < float("inf"), "a finite number >= 0")
        for name in ("lr", "init_scale"):
            self._check(name, float, lambda v: 0 < v < float("inf"), "a finite number above 0")
        self._check_combination()

    def _check(self, name: str, kind: type, allowed: Any, expected: str) -> None:
        value = getattr(self, name)
        if kind is float and type(value) is int:
            object.__setattr__(self, name, value := float(value))  # so that 0 and 0.0 are the same trial
        if type(value) is not kind or not allowed(value):
            raise ValueError(f"{name}={value!r}: expected {expected}")

    def _check_combination(self) -> None:
        if self.n_train < self.batch_size:
            raise ValueError(f"n_train={self.n_train} does not fill one batch of batch_size={self.batch_size}")
        if self.uses_batch_statistics and self.batch_size == 1:
            raise ValueError(f"norm={self.norm!r} with batch_size=1: a dense layer's variance over one image has no meaning")
        if self.norm == "group" and self.width % 4:
            raise ValueError(f"norm='group' with width={self.width}: 4 groups need a width that 4 divides")
        if self.dropout == 0 and (self.dropout_at, self.dropout_unit) != ("fc", "element"):
            raise ValueError("dropout_at and dropout_unit change nothing with dropout=0: leave them at their defaults")
        if self.dropout_unit == "channel" and self.dropout_at == "fc":
            raise ValueError("dropout_unit='channel' with dropout_at='fc': a dense layer has no channels")
        if self.norm == "none" and self.norm_at != "before":
            raise ValueError("norm_at changes nothing with norm='none': leave it at 'before'")
        if self.dropout_order == "before" and (self.norm == "none" or self.dropout == 0):
            raise ValueError("dropout_order='before' puts dropout before a normalisation: it needs dropout > 0 and a norm")
        if self.norm_at == "after" and self.dropout_order == "before":
            raise ValueError("dropout_order='before' with norm_at='after': only one of the two orders is varied at a time")
        if self.probe == "averaging" and (self.dropout == 0 or self.dropout_at != "fc"):
            raise ValueError("probe='averaging' needs dropout > 0 at the dense layer alone (dropout_at='fc')")
        if self.probe == "shift" and self.norm != "batch":
            raise ValueError(f"probe='shift' with norm={self.norm!r}: only batch norm has running statistics to compare")
        self._check_model()

    def _check_model(self) -> None:
        if self.model == "cnn" and (self.depth, self.activation) != (3, "relu"):
            raise ValueError("depth and activation belong to model='mlp': the CNN has three hidden layers with ReLU")
        if self.model == "mlp":
            if self.dropout_at != "fc" or self.width != 8:
                raise ValueError("dropout_at and width belong to model='cnn': an MLP has dense layers only")
            if self.norm in ("group", "instance"):
                raise ValueError(f"norm={self.norm!r} with model='mlp': a dense layer has no channels; use 'layer'")
            if self.probe != "none":
                raise ValueError(f"probe={self.probe!r} with model='mlp': the probes know the CNN's layers")

    @property
    def uses_batch_statistics(self) -> bool:
        """Whether training normalises with statistics of the batch."""
        return self.norm in ("batch", "noisy batch")

    @property
    def key(self) -> str:
        """12 hexadecimal digits: a hash of the fields that differ from their defaults (so new fields keep old keys)."""
        changed = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return hashlib.sha256(canonical_json(changed).encode()).hexdigest()[:12]

    @property
    def condition(self) -> str:
        """Which of the four networks: plain, dropout, batch norm, both; another norm's name otherwise."""
        if self.norm in ("none", "batch"):
            return CONDITIONS[(self.dropout > 0) + 2 * (self.norm == "batch")]
        return f"{self.norm} norm" + (" + dropout" if self.dropout else "")

    def to_dict(self) -> dict[str, Any]:
        """All fields, as JSON holds them."""
        return asdict(self)


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, the same on every machine; NaN and infinity are refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
