"""Two sentences of the dropout papers that are exact, and where one of them stops being so."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dropnorm.replications import exact_results


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0, 0.9), st.integers(1, 6))
def test_dropout_on_the_inputs_of_a_linear_regression_is_ridge(seed, p, units):
    assert exact_results.ridge(seed, p, units) < 1e-9


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_the_mean_network_is_the_geometric_mean_for_one_hidden_layer(seed):
    assert exact_results.geometric_mean(seed, units=6) < 1e-9


def test_the_mean_network_is_not_the_geometric_mean_for_two_hidden_layers():
    assert min(exact_results.geometric_mean(seed, layers=2) for seed in range(5)) > 0.01
