"""Do the tests notice? Known faults of teaching code are planted one by one; the named check must turn red under each.

A fault is a change in the text of one function. The function is compiled anew and put in the place of the right one.
"""

import inspect
import sys
import textwrap
from functools import partial

import checks
import numpy as np
import pytest
import test_batch_norm
import test_dropout
import test_optim
import test_residual
import test_surgery
from checks import (
    check_against_pytorch,
    check_cross_entropy,
    check_gradients,
    distinct,
    shaken,
    values,
)

from dropnorm import scratch as nn
from dropnorm.scratch import base, conv, dropout, gradcheck, group_norm, losses, norm, optim

F64 = np.float64


def norm_against_pytorch():
    check_against_pytorch(
        shaken(nn.BatchNorm2d(3, eps=0.1, dtype=F64), 0),
        [values((4, 3, 2, 3), i, offset=i) for i in range(3)],
    )


def norm_gradients():
    check_gradients(shaken(nn.BatchNorm2d(2, dtype=F64), 0), values((3, 2, 2, 3), 0))


def as_a_reader_checks():
    """``max`` over a dict is blind for NaN if another number comes first; the numbers themselves must not be NaN."""
    errors = nn.gradient_check(shaken(nn.BatchNorm2d(2, dtype=F64), 0), values((3, 2, 2, 3), 0))
    assert max(errors.values()) < 1e-6


def a_gradient_of_nan():
    """All orders of the errors, as Python's ``max`` depends on it."""
    for bad in (np.nan, np.inf):
        errors = [gradcheck.relative_error(np.array([1.0, bad]), np.ones(2)), 1e-11]
        assert max(errors) > 1 and max(errors[::-1]) > 1


def one_layer_in_two_places():
    """A network that ``Sequential`` takes has the right gradients: here it may only refuse."""
    relu, first, second = (
        nn.ReLU(),
        nn.Linear(3, 3, rng=0, dtype=F64),
        nn.Linear(3, 3, rng=1, dtype=F64),
    )
    try:
        network = nn.Sequential(first, relu, second, nn.Sequential(relu))
    except ValueError:
        return
    check_gradients(network, distinct((5, 3), 0))


def dropout_gradients():
    check_gradients(nn.Dropout(0.4, rng=0), distinct((4, 5), 0))


def conv_gradients():
    check_gradients(
        nn.Conv2d(2, 3, 3, stride=2, padding=1, rng=0, dtype=F64), values((2, 2, 5, 4), 0)
    )


def conv_against_pytorch():
    check_against_pytorch(
        nn.Conv2d(2, 3, 3, padding=1, rng=0, dtype=F64), [values((3, 2, 5, 4), 0)]
    )


def group_gradients():
    check_gradients(shaken(nn.GroupNorm(2, 4, dtype=F64), 0), values((3, 4, 2, 3), 0))


def group_against_pytorch():
    check_against_pytorch(shaken(nn.GroupNorm(2, 4, dtype=F64), 0), [values((3, 4, 2, 3), 0)])


def layer_norm_gradients():
    check_gradients(shaken(nn.LayerNorm((3, 3), dtype=F64), 0), values((2, 3, 3), 0))


def residual_gradients():
    check_gradients(nn.Residual(nn.Linear(3, 3, rng=0, dtype=F64)), values((4, 3), 0))


def pool_gradients():
    check_gradients(nn.MaxPool2d(3, 2, 1), distinct((2, 2, 5, 5), 0))


def pool_against_pytorch():
    check_against_pytorch(nn.MaxPool2d(3, 2, 1), [-1 - np.abs(distinct((2, 2, 5, 5), 0))])


def average_gradients():
    check_gradients(nn.AvgPool2d(3, 2, 1), values((2, 2, 5, 5), 0))


def global_gradients():
    check_gradients(nn.AdaptiveAvgPool2d(1), values((2, 3, 4, 5), 0))


def linear_gradients():
    check_gradients(nn.Linear(3, 2, rng=0, dtype=F64), values((4, 3), 0))


def relu_gradients():
    check_gradients(nn.ReLU(), distinct((4, 5), 0))


def pool_with_ties():
    check_against_pytorch(nn.MaxPool2d(2), [np.zeros((2, 2, 4, 4))])


def cross_entropy(scale=1.0):
    check_cross_entropy(
        scale * np.random.default_rng(0).standard_normal((4, 3)), np.array([0, 2, 1, 1])
    )


def fold():
    test_surgery.check_fold(nn.Conv2d(2, 3, 3, rng=0, dtype=F64), values((2, 2, 5, 5), 0))


def recalibrate():
    test_surgery.check_recalibrate(
        test_surgery.dropout_before_norm(), [values((6, 5), i, offset=i) for i in range(3)]
    )


BATCH_NORM, NOISE, OPTIMISER = norm._BatchNorm, dropout._Noise, optim._Optimiser
SHORTCUT = '({} if self.shortcut is None else {"shortcut": self.shortcut})'
ROW_NORM = group_norm._RowNorm
VAR = 'var = self._gather(np.einsum("nd,nd->d", self._centred, self._centred)) / count\n'
CHECK = "    check_variance(self, var, rounding=np.finfo(x.dtype).eps * np.abs(mean))\n"
TRACK = "        self._track(mean, var * (count / (count - 1)))\n"
spared = partial(
    test_optim.test_without_a_gradient_decay_shrinks_weights_and_spares_gamma_beta_and_biases,
    nn.SGD,
)

# what is wrong: (where, function, its text, the faulty text, the check that notices)
FAULTS = {
    "dropout: mask left out of backward": (
        NOISE,
        "backward",
        "dy * self._noise",
        "dy",
        dropout_gradients,
    ),
    "dropout: 1/(1 − p) left out of backward": (
        *(NOISE, "backward", "dy * self._noise", "dy * (self._noise != 0)"),
        dropout_gradients,
    ),
    "dropout: no scaling, neither forward nor backward": (
        *(dropout, "_bernoulli", "keep * dtype.type(1 / (1 - p))", "keep.astype(dtype)"),
        partial(
            test_dropout.test_noise_has_mean_one_and_variance_p_over_one_minus_p, nn.Dropout, 0.3
        ),
    ),
    "dropout: p is taken for the probability of keeping": (
        *(dropout, "_bernoulli", ">= p", "< p"),
        partial(
            test_dropout.test_the_fraction_dropped_is_p_within_five_binomial_deviations,
            nn.Dropout,
            0.3,
        ),
    ),
    "dropout: active in evaluation": (
        *(NOISE, "forward", "self.training and self.p > 0", "self.p > 0"),
        partial(test_dropout.test_evaluation_draws_no_random_numbers, nn.Dropout),
    ),
    "batch norm: running variance is biased": (
        *(BATCH_NORM, "forward", "var * (count / (count - 1))", "var"),
        test_batch_norm.test_running_statistics_by_hand,
    ),
    "batch norm: normalises by the unbiased variance": (
        *(
            BATCH_NORM,
            "forward",
            f"{VAR}    {CHECK}{TRACK}",
            f"{VAR.replace('count', '(count - 1)')}        self._track(mean, var)\n",
        ),
        norm_against_pytorch,
    ),
    "batch norm: momentum turned round": (
        *(
            BATCH_NORM,
            "_track",
            "1 - momentum\n        self.buffers[name] += momentum",
            "momentum\n        self.buffers[name] += (1 - momentum)",
        ),
        test_batch_norm.test_running_statistics_by_hand,
    ),
    "batch norm: statistics move in evaluation": (
        *(
            BATCH_NORM,
            "forward",
            'self.buffers["running_var"]\n',
            'self.buffers["running_var"]; self._track(mean + 1, var)\n',
        ),
        norm_against_pytorch,
    ),
    "batch norm: a mean for each pixel instead of each channel": (
        *(
            BATCH_NORM,
            "forward",
            "x - self._spread(mean)\n        var",
            "x - x.mean(axis=0)\n        var",
        ),
        norm_against_pytorch,
    ),
    "batch norm: variance as E[x²] − E[x]²": (
        *(
            BATCH_NORM,
            "forward",
            VAR,
            "var = self._gather((x * x).sum(axis=0)) / count - mean**2\n",
        ),
        partial(checks.check_large_mean, (16, 3, 5, 5), 0, 1000.0),
    ),
    "batch norm: mean summed up in float32": (
        *(BATCH_NORM, "forward", "dtype=np.float64", "dtype=x.dtype"),
        partial(checks.check_large_mean, (1024, 3), 0, 1000.3),
    ),
    "batch norm: eps outside the root": (
        *(
            BATCH_NORM,
            "forward",
            "np.sqrt(var + x.dtype.type(self.eps))",
            "(np.sqrt(var) + x.dtype.type(self.eps))",
        ),
        norm_against_pytorch,
    ),
    "batch norm: mean taken for a constant in backward": (
        *(BATCH_NORM, "backward", "dx -= self._spread(dbias / count)", "pass"),
        norm_gradients,
    ),
    "batch norm: variance taken for a constant in backward": (
        *(BATCH_NORM, "backward", "self._spread(-scale * dweight / count)", "0"),
        norm_gradients,
    ),
    "batch norm: both taken for constants in backward": (
        *(BATCH_NORM, "backward", "if self._from_batch", "if False"),
        norm_gradients,
    ),
    "batch norm: training's backward in evaluation, too": (
        *(BATCH_NORM, "backward", "if self._from_batch", "if True"),
        norm_against_pytorch,
    ),
    "batch norm: gradient of γ from x − mean, not divided by σ": (
        *(BATCH_NORM, "backward", "self._centred)) * scale", "self._centred))"),
        norm_gradients,
    ),
    "batch norm: gradient of γ is NaN": (
        *(BATCH_NORM, "backward", "self._centred)) * scale", "self._centred)) * np.nan"),
        as_a_reader_checks,
    ),
    "batch norm: gradient of x is infinite": (
        *(BATCH_NORM, "backward", "dx.reshape(self._shape)", "dx.reshape(self._shape) / 0"),
        as_a_reader_checks,
    ),
    "group norm: variance taken for a constant in backward": (
        *(ROW_NORM, "backward", "dx -= self._x_hat * (", "0 * self._x_hat * ("),
        group_gradients,
    ),
    "group norm: means over the whole image": (
        *(nn.GroupNorm, "_row", "// self.num_groups", ""),
        group_against_pytorch,
    ),
    "group norm: gradient of γ from dx̂ instead of dy": (
        *(
            ROW_NORM,
            "backward",
            "self._gather(dy * self._x_hat.reshape(dy.shape))",
            "self._gather(dy)",
        ),
        group_gradients,
    ),
    "layer norm: gradient of γ with its axes changed over": (
        *(nn.LayerNorm, "_gather", "values.sum", "values.swapaxes(-1, -2).sum"),
        layer_norm_gradients,
    ),
    "residual: the gradient around the layers is forgotten": (
        *(
            nn.Residual,
            "backward",
            "super().backward(dy) + around",
            "Sequential.backward(self, dy)",
        ),
        residual_gradients,
    ),
    "residual: the shortcut stays in training mode": (
        *(nn.Residual, "children", f"super().children() | {SHORTCUT}", "Sequential.children(self)"),
        test_residual.test_names_of_parameters_states_and_modes_reach_into_both_paths,
    ),
    "gradient check: NaN counts as no error": (
        *(gradcheck, "relative_error", "return np.inf", "return np.nan"),
        a_gradient_of_nan,
    ),
    "sequential: a layer may stand in two places": (
        *(base, "check_layers", "if id(inner) in seen", "if False"),
        one_layer_in_two_places,
    ),
    "state: running statistics left out": (
        *(nn.Layer, "state_dict", "{**self.params, **self.buffers}", "self.params"),
        test_surgery.test_a_state_holds_the_running_statistics,
    ),
    "ReLU: derivative is 1 everywhere": (
        nn.ReLU,
        "backward",
        "self._y != 0",
        "self._y >= 0",
        relu_gradients,
    ),
    "linear: bias gradient is the mean": (
        nn.Linear,
        "backward",
        "rows.sum(axis=0)",
        "rows.mean(axis=0)",
        linear_gradients,
    ),
    "convolution: bias gradient is the mean": (
        nn.Conv2d,
        "backward",
        "dy.sum(",
        "dy.mean(",
        conv_gradients,
    ),
    "convolution: pixel gradients overwrite one another": (
        nn.Conv2d,
        "_add_up",
        "+=",
        "=",
        conv_gradients,
    ),
    "convolution: images touch without padding between": (
        *(nn.Conv2d, "_places", "(n + p)", "n"),
        conv_against_pytorch,
    ),
    "max pooling: all of several equal maxima get the gradient": (
        *(nn.MaxPool2d, "forward", "wins &= free", "pass"),
        pool_with_ties,
    ),
    "max pooling: overlapping patches overwrite one another": (
        *(conv._Pool2d, "_add_up", "corner += dcorner", "corner[...] = dcorner"),
        pool_gradients,
    ),
    "max pooling: padding with zeros wins": (
        *(conv._Pool2d, "_pad", "constant_values=self.beyond", "constant_values=0"),
        pool_against_pytorch,
    ),
    "average pooling: gradient not divided by the patch's size": (
        *(nn.AvgPool2d, "backward", "dy / dy.dtype.type(area)", "dy"),
        average_gradients,
    ),
    "global pooling: divided by the channels, too": (
        *(
            nn.AdaptiveAvgPool2d,
            "backward",
            "self._shape[2] * self._shape[3]",
            "np.prod(self._shape[1:])",
        ),
        global_gradients,
    ),
    "cross-entropy: largest logit not subtracted": (
        *(losses, "log_softmax", "logits.max(axis=-1, keepdims=True)", "0"),
        partial(cross_entropy, 1e4),
    ),
    "cross-entropy: gradient of the sum": (
        nn,
        "softmax_cross_entropy",
        "dlogits /= len(labels)",
        "pass",
        cross_entropy,
    ),
    "SGD: momentum left out": (
        nn.SGD,
        "step",
        "velocity *= self.momentum",
        "velocity *= 0",
        test_optim.check_sgd,
    ),
    "Adam: means not corrected for their start at zero": (
        *(nn.Adam, "step", "mean / (1 - beta1**self.steps)", "mean"),
        test_optim.check_adam,
    ),
    "SGD: Nesterov's step from the velocity alone": (
        *(
            nn.SGD,
            "step",
            "grad + self.momentum * velocity if self.nesterov",
            "velocity if self.nesterov",
        ),
        partial(test_optim.check_sgd, nesterov=True),
    ),
    "AdamW: decay through the gradient, as in Adam": (
        *(OPTIMISER, "_decayed", "decays and self.decoupled", "False"),
        partial(test_optim.check_adam, kind="AdamW"),
    ),
    "weight decay on γ, β and biases that are to be spared": (
        *(OPTIMISER, "_decayed", "not (self.spare_vectors and param.ndim == 1)", "True"),
        spared,
    ),
    "folding: running mean forgotten": (nn, "fold", ' - norm.buffers["running_mean"]', "", fold),
    "recalibrating: dropout stays on": (
        nn,
        "recalibrate",
        "network.eval()",
        "network.train()",
        recalibrate,
    ),
}


def plant(patch, owner, name, right, wrong):
    """Replace a function by a copy of it with one change in its text."""
    function = vars(owner)[name]
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(right) >= 1, (
        f"{name} no longer contains {right!r}: bring this fault up to date"
    )
    made = {}
    exec(
        compile(source.replace(right, wrong), f"<faulty {name}>", "exec"),
        vars(sys.modules[function.__module__]),
        made,
    )
    patch.setattr(owner, name, made[name])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fault", FAULTS)
def test_the_check_is_green_without_and_red_with(fault, monkeypatch):
    owner, name, right, wrong, check = FAULTS[fault]
    check()
    plant(monkeypatch, owner, name, right, wrong)
    with pytest.raises(AssertionError):
        check()
    checks.NOTES.clear()  # a fault's errors are not the layers'
