"""A trial: everything that decides a run, each group of fields followed by the rules for it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache, cached_property
from itertools import chain
from typing import Any, Literal, get_type_hints

from dropnorm.experiments.canonical_json import canonical_json
from dropnorm.experiments.field_types import (
    Check,
    Count,
    Flag,
    Momentum,
    Natural,
    NotNegative,
    Positive,
    Probability,
    check_of,
)
from dropnorm.experiments.probes.registry import ProbeName, objection

# Where trials run; "auto" takes the workers' GPU where there is one.
Device = Literal["cpu", "cuda", "auto"]

# The four networks of the 2×2.
CONDITIONS = ("plain", "dropout", "batch norm", "both")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One network trained once.

    Two trials that differ in any field are different; the seed decides all randomness. Paired
    trials, those with the same seed, start from the same weights and, at equal ``n_train`` and
    ``batch_size``, see the same batches in the same order, whatever their dropout and
    normalisation.

    Raises
    ------
    ValueError
        A value that is not allowed, or a combination that makes no sense; the message says why.
    """

    # Data set; CIFAR-10 has colour photographs of 32×32 pixels.
    data: Literal["fashion", "mnist", "cifar10"] = "fashion"
    # Training images, the first of the stratified order.
    n_train: Count = 5_000
    # Which n_train training images: the first so many, the next so many after them, …
    subset: Natural = 0
    # Validation images for the final figure; the curves use the first 1,000 of them.
    n_validation: Count = 5_000
    n_test: Count = 10_000
    # What the network sees: standardised pixels, raw ones in [0, 1], or binary ones (1 from ½ on).
    pixels: Literal["standardised", "raw", "binary"] = "standardised"
    # Give every training image a label drawn at random (Zhang et al., 2017).
    random_labels: Flag = False

    def _objections_to_data(self) -> Iterator[str]:
        if self.n_train < self.batch_size:
            yield f"n_train={self.n_train} does not fill one batch of batch_size={self.batch_size}"
        convolutional = self.model in ("cnn", "resnet")
        if self.data == "cifar10" and not (convolutional and self.pixels == "standardised"):
            yield "data='cifar10' is for model='cnn' or 'resnet' and standardised pixels"
        if self.augment and not convolutional:
            yield f"augment={self.augment} with model={self.model!r}: expected 'cnn' or 'resnet'"
        if self.augment > 8:
            yield f"augment={self.augment}: at most 8 pixels leave something of the image"

    # Channels of the first convolution; the second has twice as many.
    width: Count = 8
    # Units of the dense hidden layer.
    hidden: Count = 128
    # Probability of dropping.
    dropout: Probability = 0.0
    # After the dense hidden layer, after both convolution blocks, or after all three. In a residual
    # network: before the last layer, between the two convolutions of every block (Zagoruyko and
    # Komodakis, 2016), or both.
    dropout_at: Literal["fc", "conv", "both"] = "fc"
    # Of an element after a convolution block where that is another probability; 0: `dropout`.
    dropout_conv: Probability = 0.0
    # After which of the CNN's two convolution blocks alone; 0: after both.
    dropout_block: Literal[0, 1, 2] = 0
    # What is dropped after a convolution block: single elements or whole channels.
    dropout_unit: Literal["element", "channel"] = "element"
    # In a convolution block: dropout at the end, after the pooling; right before the
    # normalisation; or after normalisation and activation, right before the pooling.
    dropout_order: Literal["after", "before", "before pool"] = "after"
    # Probability of dropping a number of the input.
    dropout_input: Probability = 0.0
    # What multiplies an activation in training: "bernoulli", 0 or 1/(1 − p); "gaussian", a normal
    # number with mean 1 and the same variance p/(1 − p) (Srivastava et al., 2014, section 10).
    dropout_noise: Literal["bernoulli", "gaussian"] = "bernoulli"

    def _objections_to_dropout(self) -> Iterator[str]:
        at, order, gaussian = self.dropout_at, self.dropout_order, self.dropout_noise == "gaussian"
        if self.dropout == 0 and (at, self.dropout_unit) != ("fc", "element"):
            yield "dropout_at and dropout_unit change nothing with dropout=0: leave the defaults"
        if self.dropout_unit == "channel" and at == "fc":
            yield "dropout_unit='channel' with dropout_at='fc': a dense layer has no channels"
        if self.dropout_conv and (self.model != "cnn" or at != "both"):
            yield "dropout_conv needs model='cnn' and dropout_at='both', whose `dropout` it varies"
        if self.dropout_block and (self.model != "cnn" or at == "fc"):
            yield "dropout_block needs model='cnn' and dropout after convolutions"
        if gaussian and not self.drops:
            yield "dropout_noise changes nothing without dropout: leave it at 'bernoulli'"
        if gaussian and at != "fc":
            yield f"dropout_noise='gaussian' with dropout_at={at!r}: it is for dense layers only"
        if order == "before" and (self.norm == "none" or self.dropout == 0):
            yield "dropout_order='before' a normalisation needs dropout > 0 and a norm"
        if order == "before pool" and (self.model != "cnn" or at == "fc"):
            yield "dropout_order='before pool' needs a pooling: model='cnn', dropout_at not 'fc'"
        if self.norm_at == "after" and order != "after":
            yield f"dropout_order={order!r} with norm_at='after': vary only one of the two orders"

    # Normalisation of every hidden layer: batch, layer, group (4 groups) or instance; the last two
    # use layer norm on the dense layer. "noisy batch" is batch norm followed by a random shift and
    # stretch, new at each step of training (Santurkar et al., 2018).
    norm: Literal["none", "batch", "layer", "group", "instance", "noisy batch"] = "none"
    # Batch norm takes its statistics over parts of the batch with so many images (Hoffer et al.,
    # 2017); 0: the whole.
    ghost: Natural = 0
    # Normalise before or after the activation.
    norm_at: Literal["before", "after"] = "before"
    # Factor on the standard deviation of the initial weights; 1 is He initialisation.
    init_scale: Positive = 1.0
    # Whether a batch norm follows the logits, too (with norm="batch").
    norm_logits: Flag = False

    def _objections_to_norm(self) -> Iterator[str]:
        norm, ghost, images = self.norm, self.ghost, self.batch_size
        if self.uses_batch_statistics and images == 1:
            yield f"norm={norm!r} with batch_size=1: a variance over one image has no meaning"
        if self.norm_logits and (norm != "batch" or ghost):
            yield "norm_logits=True is one more batch norm: it needs norm='batch' without ghosts"
        if norm == "group" and self.width % 4:
            yield f"norm='group' with width={self.width}: 4 groups need a width that 4 divides"
        if norm == "none" and self.norm_at != "before":
            yield "norm_at changes nothing with norm='none': leave it at 'before'"
        if ghost and norm != "batch":
            yield f"ghost={ghost} with norm={norm!r}: only batch norm has ghost batches"
        if ghost and (ghost == 1 or images % ghost or ghost == images):
            expected = "0 or a number from 2 that divides the batch into at least two parts"
            yield f"ghost={ghost} with batch_size={images}: expected {expected}"
        if self.trains == "norm" and norm in ("none", "noisy batch"):
            yield f"trains='norm' with norm={norm!r}: expected one whose scale and shift can train"

    # Learning rate at the first step.
    lr: Positive = 0.05
    # Factor on the learning rate of the layer that gives the logits.
    logits_rate: Positive = 1.0
    # Learning rate over the steps: a half cosine down to 0, or constant.
    schedule: Literal["cosine", "constant"] = "cosine"
    # SGD, or AdamW (Loshchilov and Hutter, 2019) with PyTorch's β.
    optimiser: Literal["sgd", "adamw"] = "sgd"
    # Of SGD.
    momentum: Momentum = 0.9
    # Of SGD by the gradient, of AdamW apart from it.
    weight_decay: NotNegative = 0.0
    # What decays: all parameters, or weights alone, without biases and the scale and shift of a
    # normalisation.
    decays: Literal["all", "weights"] = "all"
    # Largest Euclidean norm of the gradient of all parameters together; a longer one is scaled
    # down. 0: no limit.
    clip_norm: NotNegative = 0.0
    # Largest Euclidean norm of the weights into a unit, kept after each step; 0: no limit.
    max_norm: NotNegative = 0.0
    # Which train: all, or only the scale and shift of a normalisation (Frankle et al., 2020).
    trains: Literal["all", "norm"] = "all"
    # Images a step; the rest of an epoch that does not fill a batch is left out.
    batch_size: Count = 64
    # Updates.
    steps: Count = 1_000
    # At each step every image is shifted by up to so many pixels each way and mirrored at even
    # odds; 0: as it is.
    augment: Natural = 0

    def _objections_to_optimisation(self) -> Iterator[str]:
        if self.optimiser == "adamw" and self.momentum != 0.9:
            yield "momentum changes nothing with optimiser='adamw': leave it at 0.9"
        if self.decays == "weights" and self.weight_decay == 0:
            yield "decays='weights' changes nothing with weight_decay=0: leave it at 'all'"

    # "cnn": the course's two convolution blocks and a dense layer; "mlp": `depth` dense hidden
    # layers; "autoencoder": one dense hidden layer that gives the image back, as a logit a pixel;
    # "resnet": three stages of residual blocks with width, 2 · width and 4 · width channels (He et
    # al., 2016).
    model: Literal["cnn", "mlp", "autoencoder", "resnet"] = "cnn"
    # Hidden layers of an MLP, each with `hidden` units; the CNN always has three. Layers with
    # weights of a residual network, the last one included: 8, 14, 20, …
    depth: Count = 3
    # Units of an MLP's last hidden layer; 0: `hidden`, as in the others.
    last_hidden: Natural = 0
    # After each hidden layer; "none" makes the whole network linear.
    activation: Literal["relu", "sigmoid", "none"] = "relu"

    def _objections_to_cnn(self) -> Iterator[str]:
        if (self.depth, self.activation, self.last_hidden) != (3, "relu", 0):
            shape = "the CNN has three layers with ReLU"
            yield f"depth, activation and last_hidden belong to model='mlp': {shape}"

    def _objections_to_mlp(self) -> Iterator[str]:
        if self.dropout_at != "fc" or self.width != 8:
            yield "dropout_at and width belong to model='cnn': other models have dense layers only"
        if self.norm in ("group", "instance"):
            yield f"norm={self.norm!r} with model={self.model!r}: no channels; use 'layer'"

    def _objections_to_autoencoder(self) -> Iterator[str]:
        if self.pixels == "standardised":
            yield "model='autoencoder' gives probabilities: it needs pixels='raw' or 'binary'"
        if self.random_labels:
            yield "random_labels=True with model='autoencoder': an autoencoder has no labels"
        yield from self._objections_to_mlp()
        if (self.depth, self.last_hidden) != (1, 0):
            yield "model='autoencoder' has one hidden layer: it needs depth=1 and last_hidden=0"

    def _objections_to_resnet(self) -> Iterator[str]:
        if self.depth < 8 or self.depth % 6 != 2:
            yield f"depth={self.depth} with model='resnet': expected 8, 14, 20, …"
        if (self.hidden, self.last_hidden, self.activation) != (128, 0, "relu"):
            yield "hidden, last_hidden and activation change nothing with model='resnet'"
        if self.norm not in ("none", "batch", "group") or self.ghost or self.norm_logits:
            expected = "'none', 'batch' or 'group', without ghosts"
            yield f"norm={self.norm!r} with model='resnet': expected {expected}"
        dropout = (self.dropout_order, self.dropout_unit, self.dropout_noise)
        if self.norm_at != "before" or dropout != ("after", "element", "bernoulli"):
            yield "norm_at, dropout_order, _unit and _noise: a residual block has its own order"
        if self.max_norm:
            yield "max_norm is not for model='resnet'"

    # What is measured besides, without a change to the training: see ``probes.registry``.
    probe: ProbeName = "none"
    # Decides initial weights, order of batches, dropout masks, random labels and augmentation.
    seed: Natural = 0

    def _objections_to_probe(self) -> Iterator[str]:
        if message := objection(self.probe, self):
            yield f"probe={self.probe!r} {message}"

    def __post_init__(self) -> None:
        for name, check in _checks().items():
            # the one place where a frozen object's fields are set
            object.__setattr__(self, name, check(name, getattr(self, name)))
        objections = chain(
            self._objections_to_data(),
            self._objections_to_dropout(),
            self._objections_to_norm(),
            self._objections_to_optimisation(),
            getattr(self, f"_objections_to_{self.model}")(),
            self._objections_to_probe(),
        )
        if first := next(objections, None):
            raise ValueError(first)

    @property
    def uses_batch_statistics(self) -> bool:
        """Whether training normalises with statistics of the batch."""
        return self.norm in ("batch", "noisy batch")

    @property
    def passes(self) -> float:
        """How often training shows every image."""
        return self.steps * self.batch_size / self.n_train

    @property
    def drops(self) -> bool:
        """Whether anything is dropped in training, units or pixels."""
        return self.dropout > 0 or self.dropout_input > 0

    @cached_property
    def key(self) -> str:
        """12 hexadecimal digits: a hash of the fields that differ from their defaults.

        So a new field keeps old keys.
        """
        defaults = {field.name: field.default for field in fields(self)}
        changed = {name: v for name, v in self.to_dict().items() if v != defaults[name]}
        return hashlib.sha256(canonical_json(changed).encode()).hexdigest()[:12]

    @property
    def condition(self) -> str:
        """Which of the four networks: plain, dropout, batch norm, both; else the norm's name."""
        if self.norm == "none":
            return "dropout" if self.drops else "plain"
        if self.norm == "batch":
            return "both" if self.drops else "batch norm"
        return f"{self.norm} norm" + (" + dropout" if self.drops else "")

    def to_dict(self) -> dict[str, Any]:
        """All fields, as JSON holds them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@cache
def _checks() -> dict[str, Check]:
    hints = get_type_hints(Trial, include_extras=True)
    return {field.name: check_of(hints[field.name]) for field in fields(Trial)}
