"""Which fields of a trial make sense together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dropnorm.experiments.trial import Trial


def check(trial: Trial) -> None:
    """Pass, or raise a ``ValueError`` that says why the combination makes no sense."""
    _check_data(trial)
    _check_dropout(trial)
    _check_norm(trial)
    _check_model(trial)
    _check_probe(trial)


def _check_data(trial: Trial) -> None:
    if trial.n_train < trial.batch_size:
        raise ValueError(
            f"n_train={trial.n_train} does not fill one batch of batch_size={trial.batch_size}"
        )
    if trial.data == "cifar10" and (
        trial.pixels != "standardised" or trial.model not in ("cnn", "resnet")
    ):
        raise ValueError("data='cifar10' is for model='cnn' or 'resnet' and standardised pixels")
    if trial.augment and trial.model not in ("cnn", "resnet"):
        raise ValueError(
            f"augment={trial.augment} with model={trial.model!r}: expected 'cnn' or 'resnet'"
        )
    if trial.augment > 8:
        raise ValueError(
            f"augment={trial.augment}: a shift of at most 8 pixels leaves something of the image"
        )
    if trial.model == "autoencoder" and trial.pixels == "standardised":
        raise ValueError(
            "model='autoencoder' gives pixels back as probabilities: it needs pixels='raw' or 'binary'"
        )
    if trial.model == "autoencoder" and trial.random_labels:
        raise ValueError(
            "random_labels=True with model='autoencoder': an autoencoder has no labels"
        )


def _check_dropout(trial: Trial) -> None:
    if trial.dropout == 0 and (trial.dropout_at, trial.dropout_unit) != ("fc", "element"):
        raise ValueError(
            "dropout_at and dropout_unit change nothing with dropout=0: leave them at their defaults"
        )
    if trial.dropout_unit == "channel" and trial.dropout_at == "fc":
        raise ValueError(
            "dropout_unit='channel' with dropout_at='fc': a dense layer has no channels"
        )
    if trial.dropout_noise == "gaussian" and not trial.drops:
        raise ValueError("dropout_noise changes nothing without dropout: leave it at 'bernoulli'")
    if trial.dropout_noise == "gaussian" and trial.dropout_at != "fc":
        raise ValueError(
            f"dropout_noise='gaussian' with dropout_at={trial.dropout_at!r}: it is for dense layers only"
        )
    if trial.dropout_order == "before" and (trial.norm == "none" or trial.dropout == 0):
        raise ValueError(
            "dropout_order='before' puts dropout before a normalisation: it needs dropout > 0 and a norm"
        )
    if trial.dropout_order == "before pool" and (trial.model != "cnn" or trial.dropout_at == "fc"):
        raise ValueError(
            "dropout_order='before pool' needs a pooling: model='cnn' and dropout_at='conv' or 'both'"
        )
    if trial.norm_at == "after" and trial.dropout_order != "after":
        raise ValueError(
            f"dropout_order={trial.dropout_order!r} with norm_at='after': only one of the two orders is varied at a time"
        )


def _check_norm(trial: Trial) -> None:
    if trial.uses_batch_statistics and trial.batch_size == 1:
        raise ValueError(
            f"norm={trial.norm!r} with batch_size=1: a dense layer's variance over one image has no meaning"
        )
    if trial.norm_logits and (trial.norm != "batch" or trial.ghost):
        raise ValueError(
            "norm_logits=True puts one more batch norm behind the logits: it needs norm='batch' without ghosts"
        )
    if trial.norm == "group" and trial.width % 4:
        raise ValueError(
            f"norm='group' with width={trial.width}: 4 groups need a width that 4 divides"
        )
    if trial.norm == "none" and trial.norm_at != "before":
        raise ValueError("norm_at changes nothing with norm='none': leave it at 'before'")
    if trial.ghost and trial.norm != "batch":
        raise ValueError(
            f"ghost={trial.ghost} with norm={trial.norm!r}: only batch norm has ghost batches"
        )
    if trial.ghost and (
        trial.ghost == 1 or trial.batch_size % trial.ghost or trial.ghost == trial.batch_size
    ):
        raise ValueError(
            f"ghost={trial.ghost} with batch_size={trial.batch_size}: expected 0 or a number from 2 that divides the batch "
            "into at least two parts"
        )
    if trial.trains == "norm" and trial.norm in ("none", "noisy batch"):
        raise ValueError(
            f"trains='norm' with norm={trial.norm!r}: expected a normalisation whose scale and shift can train"
        )


def _check_model(trial: Trial) -> None:
    if trial.optimiser == "adamw" and trial.momentum != 0.9:
        raise ValueError("momentum changes nothing with optimiser='adamw': leave it at 0.9")
    if trial.decays == "weights" and trial.weight_decay == 0:
        raise ValueError("decays='weights' changes nothing with weight_decay=0: leave it at 'all'")
    if trial.model == "cnn":
        if (trial.depth, trial.activation) != (3, "relu"):
            raise ValueError(
                "depth and activation belong to model='mlp': the CNN has three hidden layers with ReLU"
            )
        if trial.last_hidden:
            raise ValueError("last_hidden belongs to model='mlp'")
        return
    if trial.model == "resnet":
        _check_resnet(trial)
        return
    if trial.dropout_at != "fc" or trial.width != 8:
        raise ValueError(
            "dropout_at and width belong to model='cnn': other models have dense layers only"
        )
    if trial.norm in ("group", "instance"):
        raise ValueError(
            f"norm={trial.norm!r} with model={trial.model!r}: a dense layer has no channels; use 'layer'"
        )
    if trial.model == "autoencoder" and (trial.depth, trial.last_hidden) != (1, 0):
        raise ValueError(
            "model='autoencoder' has one hidden layer: it needs depth=1 and last_hidden=0"
        )


def _check_resnet(trial: Trial) -> None:
    if trial.depth < 8 or trial.depth % 6 != 2:
        raise ValueError(
            f"depth={trial.depth} with model='resnet': expected 8, 14, 20, … (three stages of blocks of two)"
        )
    if (trial.hidden, trial.last_hidden, trial.activation) != (128, 0, "relu"):
        raise ValueError(
            "hidden, last_hidden and activation change nothing with model='resnet': leave them at their defaults"
        )
    if trial.norm not in ("none", "batch", "group") or trial.ghost or trial.norm_logits:
        raise ValueError(
            f"norm={trial.norm!r} with model='resnet': expected 'none', 'batch' or 'group', without ghosts"
        )
    if trial.norm_at != "before" or (
        trial.dropout_order,
        trial.dropout_unit,
        trial.dropout_noise,
    ) != (
        "after",
        "element",
        "bernoulli",
    ):
        raise ValueError(
            "norm_at and how dropout_order, _unit and _noise say belong to the CNN: a block has its own order"
        )
    if trial.max_norm or trial.trains != "all":
        raise ValueError("max_norm and trains='norm' are not for model='resnet'")


def _check_probe(trial: Trial) -> None:
    if trial.probe == "averaging" and (trial.dropout == 0 or trial.dropout_at != "fc"):
        raise ValueError(
            "probe='averaging' needs dropout > 0 at the dense layer alone (dropout_at='fc')"
        )
    if trial.probe in ("shift", "recalibration") and trial.norm != "batch":
        raise ValueError(
            f"probe={trial.probe!r} with norm={trial.norm!r}: only batch norm has running statistics"
        )
    if trial.probe == "shift" and trial.dropout_order == "before pool":
        raise ValueError(
            "probe='shift' predicts a variance without pooling behind the dropout: use 'recalibration'"
        )
    if trial.probe == "rotations" and (trial.data != "mnist" or trial.dropout == 0):
        raise ValueError(
            "probe='rotations' turns a digit 1 and draws masks: it needs data='mnist' and dropout > 0"
        )
    knows = {
        "cnn": (
            *("training", "units", "averaging", "shift", "rotations"),
            *("recalibration", "calibration", "ensemble", "answers"),
        ),
        "resnet": ("recalibration", "calibration", "ensemble", "answers"),
        "mlp": ("averaging", "percentiles", "rotations"),
        "autoencoder": ("sparsity",),
    }[trial.model]
    if trial.probe not in ("none", *knows):
        allowed = ", ".join(map(repr, knows))
        raise ValueError(
            f"probe={trial.probe!r} with model={trial.model!r}: expected 'none' or one of {allowed}"
        )
