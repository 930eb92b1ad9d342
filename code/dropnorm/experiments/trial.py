"""A trial: everything that decides a run."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Literal

from dropnorm.experiments import combinations

Device = Literal["cpu", "cuda", "auto"]
"""Where trials run; ``auto`` takes the workers' GPU where there is one."""

CHOICES: dict[str, tuple[str, ...]] = {
    "data": ("fashion", "mnist", "cifar10"),
    "pixels": ("standardised", "raw", "binary"),
    "dropout_at": ("fc", "conv", "both"),
    "dropout_unit": ("element", "channel"),
    "dropout_order": ("after", "before", "before pool"),
    "dropout_noise": ("bernoulli", "gaussian"),
    "norm": ("none", "batch", "layer", "group", "instance", "noisy batch"),
    "norm_at": ("before", "after"),
    "schedule": ("cosine", "constant"),
    "model": ("cnn", "mlp", "autoencoder", "resnet"),
    "activation": ("relu", "sigmoid", "none"),
    "trains": ("all", "norm"),
    "optimiser": ("sgd", "adamw"),
    "decays": ("all", "weights"),
    "probe": (
        *(
            "none",
            "training",
            "units",
            "averaging",
            "shift",
            "percentiles",
            "sparsity",
            "rotations",
        ),
        *("recalibration", "calibration", "ensemble", "answers"),
    ),
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
    """Data set: ``"fashion"`` (Fashion-MNIST), ``"mnist"`` or ``"cifar10"`` (colour photographs, 32×32)."""
    n_train: int = 5_000
    """Training images, the first of the stratified order."""
    subset: int = 0
    """Which ``n_train`` training images: the first so many, the next so many after them, …"""
    n_validation: int = 5_000
    """Validation images for the final figure; the curves use the first 1,000 of them."""
    n_test: int = 10_000
    """Test images."""
    pixels: str = "standardised"
    """What the network sees: standardised pixels, raw ones in [0, 1], or binary ones (1 from ½ on)."""
    random_labels: bool = False
    """Give every training image a label drawn at random (Zhang et al., 2017)."""
    width: int = 8
    """Channels of the first convolution; the second has twice as many."""
    hidden: int = 128
    """Units of the dense hidden layer."""
    dropout: float = 0.0
    """Probability of dropping, 0 ≤ p < 1."""
    dropout_at: str = "fc"
    """After the dense hidden layer, after both convolution blocks, or after all three. In a residual network: before the
    last layer, between the two convolutions of every block (Zagoruyko and Komodakis, 2016), or both."""
    dropout_unit: str = "element"
    """What is dropped after a convolution block: single elements or whole channels."""
    dropout_order: str = "after"
    """In a convolution block: dropout at the end, behind the pooling; right before the normalisation; or behind
    normalisation and activation, right before the pooling."""
    dropout_input: float = 0.0
    """Probability of dropping a number of the input, 0 ≤ p < 1."""
    dropout_noise: str = "bernoulli"
    """What multiplies an activation in training: ``"bernoulli"``, 0 or 1/(1 − p); ``"gaussian"``, a normal number with
    mean 1 and the same variance p/(1 − p) (Srivastava et al., 2014, section 10)."""
    norm: str = "none"
    """Normalisation of every hidden layer: batch, layer, group (4 groups) or instance; the last two use layer norm on the
    dense layer. ``"noisy batch"`` is batch norm followed by a random shift and stretch, new at each step of training
    (Santurkar et al., 2018)."""
    ghost: int = 0
    """Batch norm takes its statistics over parts of the batch with so many images (Hoffer et al., 2017); 0: the whole."""
    norm_at: str = "before"
    """Normalise before or after the activation."""
    init_scale: float = 1.0
    """Factor on the standard deviation of the initial weights; 1 is He initialisation."""
    norm_logits: bool = False
    """Whether a batch norm follows the logits, too (with ``norm="batch"``)."""
    lr: float = 0.05
    """Learning rate at the first step."""
    logits_rate: float = 1.0
    """Factor on the learning rate of the layer that gives the logits."""
    schedule: str = "cosine"
    """Learning rate over the steps: a half cosine down to 0, or constant."""
    optimiser: str = "sgd"
    """SGD with ``momentum``, or AdamW (Loshchilov and Hutter, 2019) with PyTorch's β."""
    momentum: float = 0.9
    """Momentum of SGD."""
    weight_decay: float = 0.0
    """Weight decay: of SGD by the gradient, of AdamW apart from it."""
    decays: str = "all"
    """What decays: all parameters, or weights alone, without biases and the scale and shift of a normalisation."""
    clip_norm: float = 0.0
    """Largest Euclidean norm of the gradient of all parameters together; a longer one is scaled down. 0: no limit."""
    max_norm: float = 0.0
    """Largest Euclidean norm of the weights that come into a unit, kept after each step; 0: no limit."""
    trains: str = "all"
    """Which parameters train: all, or only the scale and shift of the normalisation (Frankle et al., 2020)."""
    batch_size: int = 64
    """Images a step; the rest of an epoch that does not fill a batch is left out."""
    steps: int = 1_000
    """Updates."""
    augment: int = 0
    """At each step every image is shifted by up to so many pixels each way and mirrored at even odds; 0: as it is."""
    model: str = "cnn"
    """``"cnn"``: the course's two convolution blocks and a dense layer; ``"mlp"``: ``depth`` dense hidden layers;
    ``"autoencoder"``: one dense hidden layer that gives the image back, as a logit a pixel; ``"resnet"``: three stages of
    residual blocks with ``width``, 2 · ``width`` and 4 · ``width`` channels (He et al., 2016)."""
    depth: int = 3
    """Hidden layers of an MLP, each with ``hidden`` units; the CNN always has three. Layers with weights of a residual
    network, the last one included: 8, 14, 20, …"""
    last_hidden: int = 0
    """Units of an MLP's last hidden layer; 0: ``hidden``, as in the others."""
    activation: str = "relu"
    """After each hidden layer; ``"none"`` makes the whole network linear."""
    probe: str = "none"
    """What is measured besides, without a change to the training: ``"training"`` (distributions and gradients on the way),
    ``"units"`` (hidden units one by one at the end), ``"averaging"`` (votes of thinned networks), ``"shift"`` (variance
    between training and evaluation), ``"percentiles"`` (of the last hidden activation's input, on the way),
    ``"sparsity"`` (how active the hidden units are), ``"rotations"`` (how sure it is of a turned digit 1),
    ``"recalibration"`` (what new running statistics bring), ``"calibration"`` (are its probabilities right?),
    ``"ensemble"`` (votes of networks trained from other seeds), ``"answers"`` (which test images it gets right)."""
    seed: int = 0
    """Decides initial weights, order of batches, dropout masks, random labels and augmentation."""

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if (value := getattr(self, name)) not in allowed:
                raise ValueError(
                    f"{name}={value!r}: expected one of {', '.join(map(repr, allowed))}"
                )
        for name in (
            "n_train",
            "n_validation",
            "n_test",
            "width",
            "hidden",
            "batch_size",
            "steps",
            "depth",
        ):
            self._check(name, int, lambda v: v >= 1, "a whole number from 1")
        for name in ("seed", "last_hidden", "ghost", "augment", "subset"):
            self._check(name, int, lambda v: v >= 0, "a whole number from 0")
        for name in ("random_labels", "norm_logits"):
            self._check(name, bool, lambda v: True, "True or False")
        for name in ("dropout", "dropout_input"):
            self._check(
                name, float, lambda v: 0 <= v < 1, "the probability of dropping, 0 <= p < 1"
            )
        self._check("momentum", float, lambda v: 0 <= v < 1, "a number, 0 <= momentum < 1")
        for name in ("weight_decay", "max_norm", "clip_norm"):
            self._check(name, float, lambda v: 0 <= v < float("inf"), "a finite number >= 0")
        for name in ("lr", "init_scale", "logits_rate"):
            self._check(name, float, lambda v: 0 < v < float("inf"), "a finite number above 0")
        combinations.check(self)

    def _check(self, name: str, kind: type, allowed: Any, expected: str) -> None:
        value = getattr(self, name)
        if kind is float and type(value) is int:
            object.__setattr__(
                self, name, value := float(value)
            )  # so that 0 and 0.0 are the same trial
        if type(value) is not kind or not allowed(value):
            raise ValueError(f"{name}={value!r}: expected {expected}")

    @property
    def uses_batch_statistics(self) -> bool:
        """Whether training normalises with statistics of the batch."""
        return self.norm in ("batch", "noisy batch")

    @property
    def drops(self) -> bool:
        """Whether anything is dropped in training, units or pixels."""
        return self.dropout > 0 or self.dropout_input > 0

    @cached_property
    def key(self) -> str:
        """12 hexadecimal digits: a hash of the fields that differ from their defaults (so new fields keep old keys)."""
        changed = {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if getattr(self, f.name) != f.default
        }
        return hashlib.sha256(canonical_json(changed).encode()).hexdigest()[:12]

    @property
    def condition(self) -> str:
        """Which of the four networks: plain, dropout, batch norm, both; another norm's name otherwise."""
        if self.norm in ("none", "batch"):
            return CONDITIONS[self.drops + 2 * (self.norm == "batch")]
        return f"{self.norm} norm" + (" + dropout" if self.drops else "")

    def to_dict(self) -> dict[str, Any]:
        """All fields, as JSON holds them."""
        return asdict(self)


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, the same on every machine; NaN and infinity are refused."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    )
