"""SGD and Adam against PyTorch's, step by step; which parameters weight decay spares."""

import numpy as np
import pytest
from checks_of_training import check_adam, check_sgd, check_spared, dense_network
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import seeds

from dropnorm import scratch as nn

few = settings(max_examples=20, deadline=None, derandomize=True)
rates, decays = st.floats(1e-4, 0.3), st.sampled_from([0.0, 1e-3, 0.3])


@few
@given(
    seed=seeds,
    lr=rates,
    momentum=st.sampled_from([0.0, 0.5, 0.9]),
    weight_decay=decays,
    spare_vectors=st.booleans(),
)
def test_sgd_takes_pytorchs_steps(**settings):
    check_sgd(**settings)


@few
@given(
    seed=seeds,
    lr=rates,
    momentum=st.sampled_from([0.1, 0.9]),
    weight_decay=decays,
    spare_vectors=st.booleans(),
)
def test_sgd_with_nesterov_takes_pytorchs_steps(**settings):
    check_sgd(**settings, nesterov=True)


def test_nesterov_needs_momentum():
    with pytest.raises(ValueError, match="nesterov=True: expected momentum > 0 with it"):
        nn.SGD(dense_network(0), lr=0.1, nesterov=True)


@few
@given(
    seed=seeds,
    lr=rates,
    betas=st.tuples(st.sampled_from([0.0, 0.5, 0.9]), st.sampled_from([0.9, 0.999])),
    weight_decay=decays,
    spare_vectors=st.booleans(),
    kind=st.sampled_from(["Adam", "AdamW"]),
)
def test_adam_takes_pytorchs_steps(**settings):
    check_adam(**settings)


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_without_a_gradient_decay_shrinks_weights_and_spares_gamma_beta_and_biases(kind):
    check_spared(kind)


@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam])
def test_steps_change_arrays_in_place_and_keep_their_type(kind):
    layer = nn.Linear(3, 2, rng=0)
    weight = layer.params["weight"]
    before = weight.copy()
    layer.backward(np.ones_like(layer(np.ones((4, 3), np.float32))))
    kind(layer, lr=0.1).step()
    assert (
        layer.params["weight"] is weight and weight.dtype == np.float32 and (weight != before).all()
    )


def test_adams_first_step_is_the_learning_rate_whatever_the_gradients_scale():
    for scale in (1e-3, 1.0, 1e3):
        layer = nn.Linear(3, 2, rng=0, dtype=np.float64)
        before = layer.state_dict()["weight"]
        layer.backward(np.full_like(layer(np.ones((4, 3))), scale))
        nn.Adam(layer, lr=0.01).step()
        np.testing.assert_allclose(before - layer.params["weight"], 0.01, rtol=1e-4)
