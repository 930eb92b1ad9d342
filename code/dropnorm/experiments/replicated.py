"""What the replications measured, from the stored records: tables a seed at a time, and the scorecard's effects.

Errors and accuracies are in points, on the test images unless a function says otherwise; settings that are not compared are
chosen on validation.
"""

from collections.abc import Callable
from operator import attrgetter

import numpy as np
import pandas as pd

from dropnorm.experiments import statistics, stored
from dropnorm.experiments.probes import PASSES
from dropnorm.experiments.probes_dense import ANGLES
from dropnorm.experiments.records import Record
from dropnorm.experiments.replications import ARMS, QUARTER
from dropnorm.experiments.statistics import Interval, mean_interval
from dropnorm.experiments.trial import Trial


def arms(name: str = "srivastava-norms") -> pd.DataFrame:
    """Test error in percent of the dense networks: a row a seed, a column for each arm of the study that has it."""
    kind = attrgetter("weight_decay", "max_norm", "dropout", "dropout_input", "dropout_noise")
    names = {kind(Trial(**QUARTER, **fields)): arm for arm, fields in ARMS.items()}
    return stored.columns(
        stored.runs(name),
        lambda r: names[kind(r.trial)],
        lambda r: 100 - 100 * r.final["test"]["accuracy"],
    )


def rates(split: str = "test") -> pd.DataFrame:
    """Error in percent, study ``srivastava-rate``: a row a seed, a column for each (units, p)."""
    frame = stored.table("srivastava-rate")
    return (
        100
        - 100
        * frame.pivot(
            index="seed", columns=["hidden", "dropout"], values=f"{split}_accuracy"
        ).dropna()
    )


def sizes() -> pd.DataFrame:
    """Gain of dropout in points of error: a row a seed, a column for each number of training images."""
    frame = stored.table("srivastava-size")
    error = (
        100
        - 100
        * frame.pivot(index="seed", columns=["n_train", "dropout"], values="test_accuracy").dropna()
    )
    return error.xs(0.0, axis=1, level=1) - error.xs(0.5, axis=1, level=1)


def error_of_few() -> float:
    """Mean test error in percent without dropout, with 100 training images."""
    frame = stored.table("srivastava-size").query("n_train == 100 and dropout == 0")
    return 100 - 100 * frame.test_accuracy.mean()


def longer() -> pd.Series:
    """Gain of dropout in points of error with 10,000 images after 12,000 steps: a number a seed."""
    error = 100 - stored.wide(stored.table("srivastava-longer"), "dropout")
    return error[0.0] - error[0.5]


def limits() -> pd.DataFrame:
    """Test error in percent with max-norm at limits that are reached: a row a seed, a column for each (limit, p)."""
    frame = stored.table("srivastava-limit")
    return (
        100
        - 100
        * frame.pivot(
            index="seed", columns=["max_norm", "dropout"], values="test_accuracy"
        ).dropna()
    )


def errors(n_train: int) -> pd.DataFrame:
    """Errors in 10,000 test images of 784-800-800-10: a row a seed; columns "none", "hidden" and "hidden and pixels"."""
    frame = stored.table("hinton-dropout").query("n_train == @n_train")
    names = {(0.0, 0.0): "none", (0.5, 0.0): "hidden", (0.5, 0.2): "hidden and pixels"}
    arm = [names[pair] for pair in zip(frame.dropout, frame.dropout_input, strict=True)]
    return 10_000 - 100 * stored.wide(frame.assign(arm=arm), "arm").dropna()


def sigmoids(
    norm: str, lr: float = 0.1, steps: int = 50_000, init_scale: float = 1.0
) -> list[Record]:
    """Runs of the study ``ioffe-sigmoid`` by seed."""
    chosen = (norm, lr, steps, init_scale)
    fields = attrgetter("norm", "lr", "steps", "init_scale")
    return sorted(
        (r for r in stored.runs("ioffe-sigmoid") if fields(r.trial) == chosen),
        key=lambda r: r.trial.seed,
    )


def mean_moved(runs: list[Record]) -> np.ndarray:
    """How far the inputs of the last sigmoid move from look to look, in standard deviations; a number a run."""
    return np.array([np.mean(r.probe["moved"][1:]) for r in runs])


def ghost() -> pd.DataFrame:
    """Test accuracy in percent of the study ``hoffer-ghost``: columns "small", "large" and "large, ghost"."""
    frame = stored.table("hoffer-ghost")
    arm = np.select([frame.batch_size == 100, frame.ghost > 0], ["small", "large, ghost"], "large")
    return stored.wide(statistics.best_setting(frame.assign(arm=arm), "lr", ["arm"]), "arm")


def affine() -> pd.DataFrame:
    """Test accuracy in percent when γ and β alone are trained: a row a seed, a column for each width."""
    return stored.at("frankle-affine", "trains == 'norm'", "width")


def batches() -> pd.DataFrame:
    """Test accuracy in percent, study ``batch-size``: a row a seed, columns (norm, batch), each at its best rate."""
    frame = stored.table("batch-size")
    best = statistics.best_setting(frame, "lr", ["norm", "batch_size"])
    return (
        100
        * best.pivot(index="seed", columns=["norm", "batch_size"], values="test_accuracy").dropna()
    )


def order() -> pd.DataFrame:
    """Test accuracy in percent: no dropout; dropout 0.5 before and after batch norm; before, with new statistics."""
    runs = [
        r
        for r in stored.runs("dropout-order")
        if r.trial.dropout_at == "both" and r.trial.dropout == 0.5
    ]
    runs += [r for r in stored.runs("dropout-order") if r.trial.dropout == 0]
    found = stored.columns(
        runs,
        lambda r: r.trial.dropout_order if r.trial.dropout else "none",
        lambda r: 100 * r.final["test"]["accuracy"],
    )
    before = [r for r in runs if r.trial.dropout and r.trial.dropout_order == "before"]
    mended = {r.trial.seed: 100 * r.probe["recalibrated"]["accuracy"] for r in before}
    return found.assign(**{"before, new statistics": pd.Series(mended)}).dropna()


def change(frame: pd.DataFrame, a: object, b: object) -> Interval:
    """Column ``a`` minus column ``b`` over the seeds."""
    return mean_interval((frame[a] - frame[b]).to_numpy())


def flat_rates() -> Interval:
    """Test error at p = 0.6 less that at 0.2, with 256 units a layer."""
    return change(rates(), (256, 0.6), (256, 0.2))


def no_dropout() -> Interval:
    """Test error without dropout less the mean of p = 0.2 to 0.6, with 256 units a layer."""
    error = rates()[256]
    return mean_interval((error[0.0] - error[[0.2, 0.4, 0.5, 0.6]].mean(axis=1)).to_numpy())


def vote() -> Interval:
    """Test error of the vote of 50 thinned networks less that of weight scaling."""
    runs = [r for r in stored.runs("srivastava-norms") if r.trial.probe == "averaging"]
    return mean_interval(
        [100 * (r.probe["scaled"] - r.probe["vote"][PASSES.index(50)]) for r in runs]
    )


def features(what: str) -> pd.DataFrame:
    """A figure of the probe ``sparsity``: a row a seed, columns 0.0 and 0.5, the dropout."""
    return stored.columns(
        stored.runs("srivastava-autoencoder"), lambda r: r.trial.dropout, lambda r: r.probe[what]
    )


def activation() -> Interval:
    """Change of the autoencoder's mean hidden activation with dropout, in percent."""
    mean = features("mean")
    return mean_interval((100 * mean[0.5] / mean[0.0] - 100).to_numpy())


def locality() -> Interval:
    """Change with dropout of the share of a hidden unit's squared weights in its nine strongest pixels."""
    return change(100 * features("peak"), 0.5, 0.0)


def sigmoid_early() -> Interval:
    """Batch norm less plain: validation accuracy at the look nearest to step 1,000."""

    def accuracy(r: Record) -> float:
        nearest = int(np.argmin(np.abs(np.array(r.curves["step"]) - 1_000)))
        return 100 * r.curves["validation_accuracy"][nearest]

    return _sigmoids_lead(accuracy)


def sigmoid_end() -> Interval:
    """Batch norm less plain: test accuracy after 50,000 steps."""
    return _sigmoids_lead(lambda r: 100 * r.final["test"]["accuracy"])


def _sigmoids_lead(accuracy: Callable[[Record], float]) -> Interval:
    return mean_interval(
        [
            accuracy(b) - accuracy(p)
            for b, p in zip(sigmoids("batch"), sigmoids("none"), strict=True)
        ]
    )


def sigmoid_movement() -> Interval:
    """Batch norm less plain in ``mean_moved``."""
    return mean_interval(mean_moved(sigmoids("batch")) - mean_moved(sigmoids("none")))


def early(record: Record, upto: int = 150) -> float:
    """Mean validation accuracy, in percent, over the looks up to a step: how fast a run starts."""
    looks = zip(record.curves["step"], record.curves["validation_accuracy"], strict=True)
    return 100 * float(np.mean([accuracy for step, accuracy in looks if step <= upto]))


def noisy_lead() -> Interval:
    """Noisy batch norm less plain: mean validation accuracy over the first 150 steps, both at rate 0.03."""
    runs = [
        r
        for r in stored.runs("training-probes")
        if r.trial.lr == 0.03 and r.trial.norm in ("none", "noisy batch")
    ]
    return change(stored.columns(runs, lambda r: r.trial.norm, early), "noisy batch", "none")


def deep_linear() -> Interval:
    """Batch norm less plain in 24 linear layers, each at its own rate."""
    best = statistics.best_setting(stored.table("deep-linear"), "lr", ["norm"])
    return change(stored.wide(best, "norm"), "batch", "none")


def turned() -> Interval:
    """Disagreement of the passes, in nats: mean at 60, 70 and 80 degrees less that of the upright digit."""
    seen = [r.probe["information"] for r in stored.runs("gal-rotations")]
    at = [ANGLES.index(angle) for angle in (60, 70, 80)]
    return mean_interval([np.mean([of[i] for i in at]) - of[0] for of in seen])


def all_layers() -> Interval:
    """Test error with dropout in every layer less that with dropout in the dense layer, each at its own rate."""
    error = (100 - stored.places()[["everywhere", "dense"]]).dropna()
    return change(error, "everywhere", "dense")


def dense_layer() -> Interval:
    """Test error with dropout in the dense layer less that without, after three times the course's usual steps."""
    return change(100 - stored.at("schedule", "steps == 3_000", "condition"), "dropout", "plain")


def affine_alone() -> Interval:
    """Test accuracy with γ and β trained alone, at the course's width, less the tenth that guessing gets."""
    return mean_interval(affine()[8].to_numpy() - 10)


def affine_wider() -> Interval:
    """The same at four times the width, less at the width."""
    return change(affine(), 32, 8)
