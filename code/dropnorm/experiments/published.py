"""The rows of the scorecard: what the papers report, in which setup, and which of our figures stands beside it."""

from collections.abc import Callable
from functools import partial

import pandas as pd

from dropnorm.experiments import identities, replicated, stored
from dropnorm.experiments.replicated import change
from dropnorm.experiments.scorecard import SCORES, Row
from dropnorm.experiments.statistics import Interval, mean_interval, median_interval

SMALL = (
    "a quarter of the widths",
    "2,000 training images for 60,000",
    "3,000 updates for a million",
    "momentum 0.9 for 0.95",
)
"""How most dense networks here differ from those of Srivastava et al. (2014)."""

RATES = (
    "64 to 320 units a layer for 2,048",
    *SMALL[1:],
    "initial weights scaled by the root of the keep probability",
)
SIZES = (SMALL[0], "1,500 to 6,000 updates for a million", SMALL[3])
EPOCHS = (
    "55,000 images for 60,000",
    "10 epochs for 3,000",
    "no limit on the weights",
    "a cosine for their schedule",
)
CIFAR_10, CNN = "Fashion-MNIST for CIFAR-10", "the course's small CNN for theirs"
SIGMOIDS = (
    "learning rate 0.1 and initial weights of standard deviation 1/√inputs: the paper gives neither",
)
LAYERS = (
    "24 layers of 32 units for 25 of 10",
    "Fashion-MNIST in batches of 64 for made-up data at once",
)
GHOST = (
    "256 units a layer",
    "10,000 images",
    "batches of 2,000 with ghosts of 100 for 4,096 with 128",
)
SRIVASTAVA, HINTON, IOFFE, LI = (
    "Srivastava et al. 2014",
    "Hinton et al. 2012",
    "Ioffe & Szegedy 2015",
    "Li et al. 2019",
)
SANTURKAR, GAL, WU, HOFFER = (
    "Santurkar et al. 2018",
    "Gal & Ghahramani 2016",
    "Wu & He 2018",
    "Hoffer et al. 2017",
)
FRANKLE, GARBIN = "Frankle et al. 2020", "Garbin et al. 2020"


def _of(paper: str, study: str, section: str, *differences: str) -> partial[Row]:
    return partial(Row, paper=paper, study=study, section=section, differences=differences)


EARLIER = frozenset(
    {
        "together",
        "batch-size",
        "dropout-order",
        "dropout-rate",
        "schedule",
        "training-probes",
        "deep-linear",
    }
)
"""Studies of the course whose records were there when the rule was written; the studies after papers came later."""

RATE = _of(SRIVASTAVA, "srivastava-rate", "14-replications#fig-14-rates", *RATES)
SIZE = _of(SRIVASTAVA, "srivastava-size", "14-replications#fig-14-sizes", *SIZES)
VOTE = _of(SRIVASTAVA, "srivastava-norms", "14-replications#fig-14-votes", *SMALL)
FEATURES = _of(
    SRIVASTAVA,
    "srivastava-autoencoder",
    "14-replications#fig-14-features",
    "10,000 images, 3,000 updates",
)
DENSE = _of(SRIVASTAVA, "srivastava-norms", "14-replications#fig-14-norms", *SMALL)
DEEP = _of(
    SRIVASTAVA,
    "srivastava-deep",
    "14-replications#fig-14-norms",
    *SMALL[1:2],
    "2,000 updates for a million",
)
LONGER = (
    "Fashion-MNIST for SVHN",
    "5,000 images",
    CNN,
    "38 passes; after 13 there is no gain, see the picture",
)
TIME = _of(SRIVASTAVA, "schedule", "09-dropout-in-a-cnn#fig-09-schedule", *LONGER)
PLACE = _of(
    SRIVASTAVA,
    "dropout-rate",
    "09-dropout-in-a-cnn#fig-09-places",
    "Fashion-MNIST for SVHN",
    "5,000 images",
    CNN,
)
RIDGE = _of(SRIVASTAVA, "identity", "14-replications#exact")
ERRORS = _of(HINTON, "hinton-dropout", "14-replications#fig-14-errors", *EPOCHS)
MEAN = _of(HINTON, "identity", "14-replications#exact")
SIGMOID = _of(IOFFE, "ioffe-sigmoid", "14-replications#fig-14-sigmoids", *SIGMOIDS)
STEPS = _of(
    IOFFE, "together", "10-batch-norm-in-a-cnn#fig-10-faster", "Fashion-MNIST for ImageNet", CNN
)
ORDER = _of(LI, "dropout-order", "11-together#fig-11-order", "Fashion-MNIST for CIFAR-100", CNN)
NOISY = _of(SANTURKAR, "training-probes", "12-why-does-batch-norm-work#fig-12-noisy", CIFAR_10, CNN)
LINEAR = _of(SANTURKAR, "deep-linear", "12-why-does-batch-norm-work#fig-12-linear", *LAYERS)
TURNED = _of(
    GAL,
    "gal-rotations",
    "14-replications#fig-14-turned",
    CNN,
    "20,000 images, 1,500 steps",
    "100 digits for one",
)
BATCHES = _of(
    WU, "batch-size", "10-batch-norm-in-a-cnn#fig-10-batch-sizes", "Fashion-MNIST for ImageNet", CNN
)
LARGE = _of(HOFFER, "hoffer-ghost", "14-replications#fig-14-batches", *GHOST)
ALONE = _of(
    FRANKLE, "frankle-affine", "14-replications#fig-14-affine", CIFAR_10, CNN, "1,000 steps"
)
FOUR = _of(
    GARBIN,
    "together",
    "11-together#fig-11-effects",
    CIFAR_10,
    CNN,
    "20,000 images",
    "ten seeds for single runs",
)


ONE_LIMIT = "our limit is never reached: the networks are those without any, to the last image"
ONE_RATE = "theirs is the training loss of a regression at one rate, ours the test accuracy of ten classes, each at its own rate"
WIDTH = "the paper makes the network deeper, we make it wider"
INCEPTION = "steps to the plain Inception's best accuracy on ImageNet; ours are steps to 80 % in a small CNN"
AGREES, SAME, NOT, OTHER = SCORES


def _difference(frame: Callable[[], pd.DataFrame], a: object, b: object) -> Callable[[], Interval]:
    return lambda: change(frame(), a, b)


def _rates(split: str, a: object, b: object) -> Callable[[], Interval]:
    return _difference(partial(replicated.rates, split), a, b)


def _arms(a: str, b: str, study: str = "srivastava-norms") -> Callable[[], Interval]:
    return _difference(partial(replicated.arms, study), a, b)


def _gain(n_train: int) -> Callable[[], Interval]:
    return lambda: mean_interval(replicated.sizes()[n_train].to_numpy())


def _errors(arm: str) -> Callable[[], Interval]:
    return _difference(partial(replicated.errors, 55_000), arm, "none")


def _identity(of: Callable[[int], float]) -> Callable[[], Interval]:
    return lambda: mean_interval([of(seed) for seed in range(10)])


ROWS = (
    RATE(
        "fig. 9a",
        "test error, keep 0.4 − keep 0.8, points",
        "flat in between",
        replicated.flat_rates,
        AGREES,
        level=lambda: replicated.rates()[256, 0.2].mean(),
    ),
    RATE(
        "fig. 9a",
        "test error, keep 1 − mean of 0.4 to 0.8, points",
        "higher",
        replicated.no_dropout,
        SAME,
        1,
    ),
    RATE(
        "fig. 9a",
        "training error, keep 0.2 − keep 0.5, points",
        "higher",
        _rates("train", (256, 0.8), (256, 0.5)),
        SAME,
        1,
    ),
    RATE(
        "fig. 9b",
        "test error at keep 0.2, 320 units − 256, points",
        "lower: 1.7 for 2.7 at keep 0.1",
        _rates("test", (320, 0.8), (256, 0.8)),
        NOT,
        -1,
    ),
    RATE(
        "fig. 9b",
        "test error, 128 units at keep 0.5 − 64 at keep 1, points",
        "lower",
        _rates("test", (128, 0.5), (64, 0.0)),
        SAME,
        -1,
    ),
    SIZE(
        "fig. 10",
        "gain of dropout with 100 images, points of error",
        "none",
        _gain(100),
        NOT,
        level=replicated.error_of_few,
    ),
    SIZE(
        "fig. 10",
        "gain of dropout with 1,000 images, points of error",
        "a gain",
        _gain(1_000),
        SAME,
        1,
    ),
    SIZE(
        "fig. 10",
        "gain of dropout with 50,000 images, points of error",
        "a gain, smaller",
        _gain(50_000),
        NOT,
        1,
    ),
    VOTE(
        "fig. 11",
        "test error, vote of 50 − weight scaling, points",
        "0",
        replicated.vote,
        AGREES,
        level=lambda: replicated.arms()["dropout"].mean(),
    ),
    FEATURES(
        "figs. 7, 8",
        "mean activation of hidden units, change by dropout, %",
        "−65 (2.0 to 0.7)",
        replicated.activation,
        SAME,
        -1,
        -65,
    ),
    FEATURES(
        "fig. 7",
        "share of a unit's squared weights in its 9 strongest pixels, change by dropout, points",
        "more local, by eye",
        replicated.locality,
        NOT,
        1,
    ),
    DENSE(
        "table 9",
        "test error, max-norm − L2, points",
        "−0.27",
        _arms("max-norm", "L2"),
        OTHER,
        -1,
        -0.27,
        why_not=ONE_LIMIT,
    ),
    DENSE(
        "table 9",
        "test error, dropout + L2 − L2, points",
        "−0.37",
        _arms("dropout + L2", "L2"),
        SAME,
        -1,
        -0.37,
    ),
    DENSE(
        "table 9",
        "test error, dropout + max-norm − L2, points",
        "−0.57",
        _arms("dropout + max-norm", "L2"),
        SAME,
        -1,
        -0.57,
    ),
    DEEP(
        "table 9",
        "the same at the paper's widths, points",
        "−0.57",
        _arms("dropout + max-norm", "L2", "srivastava-deep"),
        SAME,
        -1,
        -0.57,
    ),
    DENSE(
        "table 10",
        "test error, Gaussian − Bernoulli noise, points",
        "−0.13",
        _arms("Gaussian + max-norm", "dropout + max-norm"),
        NOT,
        -1,
        -0.13,
    ),
    TIME(
        "SVHN",
        "test error, dropout in the dense layer − none, points",
        "−0.93",
        replicated.dense_layer,
        AGREES,
        -1,
        -0.93,
    ),
    PLACE(
        "SVHN",
        "test error, dropout in all layers − in the dense one, points",
        "−0.47",
        replicated.all_layers,
        NOT,
        -1,
        -0.47,
    ),
    RIDGE(
        "§ 9.1",
        "linear regression, weights with dropout − ridge's",
        "0, exactly",
        _identity(identities.ridge),
        AGREES,
    ),
    ERRORS(
        "MNIST",
        "errors in 10,000 images, dropout of hidden units − none",
        "−30 (160 to 130)",
        _errors("hidden"),
        NOT,
        -1,
        -30,
    ),
    ERRORS(
        "MNIST",
        "errors in 10,000 images, dropout of units and pixels − none",
        "−50 (160 to 110)",
        _errors("hidden and pixels"),
        NOT,
        -1,
        -50,
    ),
    MEAN(
        "the mean network",
        "its probabilities − the thinned networks' geometric mean",
        "0, exactly",
        _identity(identities.geometric_mean),
        AGREES,
    ),
    SIGMOID(
        "fig. 1a",
        "validation accuracy near 1,000 steps, batch norm − plain, points",
        "higher",
        replicated.sigmoid_early,
        SAME,
        1,
    ),
    SIGMOID(
        "fig. 1a",
        "test accuracy after 50,000 steps, batch norm − plain, points",
        "higher",
        replicated.sigmoid_end,
        SAME,
        1,
    ),
    SIGMOID(
        "fig. 1b, c",
        "movement of the last sigmoid's input, batch norm − plain, standard deviations",
        "steadier",
        replicated.sigmoid_movement,
        SAME,
        -1,
    ),
    STEPS(
        "ImageNet",
        "steps to one accuracy, plain / batch norm",
        "2.3 (31.0M / 13.3M)",
        lambda: median_interval(stored.speed_up(5_000, stored.own_rates(5_000)).to_numpy()),
        OTHER,
        1,
        2.33,
        why_not=INCEPTION,
    ),
    ORDER(
        "DenseNet",
        "test accuracy, dropout 0.5 before batch norm − none, points",
        "−8.87",
        _difference(replicated.order, "before", "none"),
        SAME,
        -1,
        -8.87,
    ),
    ORDER(
        "DenseNet",
        "test accuracy, new statistics − the old, points",
        "+4.47",
        _difference(replicated.order, "before, new statistics", "before"),
        SAME,
        1,
        4.47,
    ),
    NOISY(
        "noisy batch norm",
        "validation accuracy up to step 150, noisy batch norm − plain, points",
        "faster",
        replicated.noisy_lead,
        SAME,
        1,
    ),
    LINEAR(
        "deep linear network",
        "test accuracy, batch norm − plain, points",
        "better",
        replicated.deep_linear,
        OTHER,
        1,
        why_not=ONE_RATE,
    ),
    TURNED(
        "fig. 4",
        "disagreement of the passes, a 1 turned by 60 to 80° − upright, nats",
        "more",
        replicated.turned,
        SAME,
        1,
    ),
    BATCHES(
        "ResNet-50",
        "test accuracy at 2 images a batch, batch − group norm, points",
        "−10.6",
        _difference(replicated.batches, ("batch", 2), ("group", 2)),
        SAME,
        -1,
        -10.6,
    ),
    BATCHES(
        "ResNet-50",
        "test accuracy at 32 images a batch, batch − group norm, points",
        "+0.5",
        _difference(replicated.batches, ("batch", 32), ("group", 32)),
        AGREES,
        1,
        0.5,
    ),
    BATCHES(
        "ResNet-50",
        "test accuracy of batch norm, 2 images a batch − 32, points",
        "−11.1",
        _difference(replicated.batches, ("batch", 2), ("batch", 32)),
        SAME,
        -1,
        -11.1,
    ),
    LARGE(
        "large batches",
        "test accuracy after equal epochs, large batch − small, points",
        "lower",
        _difference(replicated.ghost, "large", "small"),
        SAME,
        -1,
    ),
    LARGE(
        "ghost batches",
        "test accuracy of the large batch, ghost − whole, points",
        "higher",
        _difference(replicated.ghost, "large, ghost", "large"),
        SAME,
        1,
    ),
    ALONE(
        "ResNet-14",
        "test accuracy, γ and β trained alone − chance, points",
        "+38",
        replicated.affine_alone,
        SAME,
        1,
        38,
    ),
    ALONE(
        "ResNet-110",
        "the same, four times the width − once, points",
        "+21.5 (8 times the depth)",
        replicated.affine_wider,
        OTHER,
        1,
        21.5,
        why_not=WIDTH,
    ),
    FOUR(
        "the 2×2",
        "test accuracy, dropout − plain, points",
        "−4.66",
        _difference(partial(stored.four, 20_000), "dropout", "plain"),
        SAME,
        -1,
        -4.66,
    ),
    FOUR(
        "the 2×2",
        "test accuracy, batch norm − plain, points",
        "+4.06",
        _difference(partial(stored.four, 20_000), "batch norm", "plain"),
        SAME,
        1,
        4.06,
    ),
    FOUR(
        "the 2×2",
        "test accuracy, both − plain, points",
        "+0.46",
        _difference(partial(stored.four, 20_000), "both", "plain"),
        AGREES,
        1,
        0.46,
    ),
)
"""In the order of the papers; within a paper, of its figures."""
