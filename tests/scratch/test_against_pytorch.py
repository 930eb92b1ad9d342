"""The second referee: outputs, gradients and running statistics against PyTorch's."""

import numpy as np
import pytest
import torch
from checks import (
    check_against_pytorch,
    check_arrays_stay,
    check_cross_entropy,
    distinct,
    shaken,
    small_cnn,
    twin,
    values,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import batch_norms, convolutions, layers_and_batches, seeds

from dropnorm import scratch as nn
from dropnorm.scratch import rows

few = settings(max_examples=60, deadline=None, derandomize=True)
# PyTorch copies the input for an even kernel, and says so
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])


@every_dtype
@settings(few, max_examples=120)
@given(data=st.data())
def test_every_layer_over_three_batches_and_in_evaluation(dtype, data):
    check_against_pytorch(*data.draw(layers_and_batches(dtype, batches=3)))


@every_dtype
@few
@given(data=st.data())
def test_no_layer_writes_to_what_it_was_given_or_has_handed_out(dtype, data):
    check_arrays_stay(*data.draw(layers_and_batches(dtype, batches=3)))


@every_dtype
@few
@given(data=st.data(), seed=seeds, places=st.sampled_from([1, 12, 112]))
def test_convolution_in_blocks_of_any_size(dtype, data, seed, places):
    layer, shape = data.draw(convolutions(dtype, largest=9))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "PLACES", places)
        check_against_pytorch(layer, [values(shape, seed, dtype)])


@every_dtype
@few
@given(data=st.data(), seed=seeds)
def test_batch_norm_over_four_batches_with_offsets(dtype, data, seed):
    layer, shape = data.draw(batch_norms(dtype))
    offsets = [0.0, 3.0, -5.0, 10.0] if dtype is np.float32 else [0.0, 1e4, -1e3, 0.01]
    batches = [
        values(shape, seed + i, dtype, offset, scale=i + 0.5) for i, offset in enumerate(offsets)
    ]
    check_against_pytorch(layer, batches)


@pytest.mark.parametrize("shape", [(4, 2), (3, 2, 4), (2, 2, 3, 3), (1, 2, 2, 2)])
def test_batch_norm_of_channels_that_do_not_vary(shape):
    layer = shaken((nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(2, dtype=np.float64), 0)
    check_against_pytorch(layer, [np.full(shape, 2.0), np.zeros(shape)])


@every_dtype
@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=seeds)
def test_a_whole_network_over_three_batches_and_in_evaluation(dtype, seed):
    network = shaken(small_cnn(seed, dtype, channels=(2, 3, 4)), seed)
    check_against_pytorch(
        network, [values((16, 2, 8, 8), seed + i, dtype) for i in range(3)], exact=True
    )


@every_dtype
def test_of_equal_largest_pixels_the_first_gets_the_gradient(dtype):
    for x in (
        np.zeros((2, 3, 4, 4), dtype),
        np.random.default_rng(0).integers(0, 2, (3, 2, 6, 7)).astype(dtype),
    ):
        check_against_pytorch(nn.MaxPool2d(2), [x])


@every_dtype
def test_relu_passes_no_gradient_at_zero(dtype):
    check_against_pytorch(nn.ReLU(), [np.array([[-1, -0.0, 0, 2]], dtype)])


@every_dtype
@few
@given(
    seed=seeds,
    batch=st.integers(1, 6),
    classes=st.integers(1, 6),
    scale=st.sampled_from([1.0, 100.0, 1e4]),
)
def test_softmax_cross_entropy_with_small_and_huge_logits(dtype, seed, batch, classes, scale):
    rng = np.random.default_rng(seed)
    logits = (scale * rng.standard_normal((batch, classes))).astype(dtype)
    check_cross_entropy(logits, rng.integers(0, classes, batch))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(2, 3, 3, padding=1, rng=0, dtype=np.float64), (2, 2, 5, 5)),
        (nn.BatchNorm2d(2, dtype=np.float64), (2, 2, 4, 4)),
        (nn.BatchNorm1d(2, dtype=np.float64), (4, 2)),
        (nn.MaxPool2d(2), (2, 2, 4, 4)),
        (nn.ReLU(), (2, 2, 4, 4)),
        (nn.Linear(3, 2, rng=0, dtype=np.float64), (3, 3)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Layer) else "",
)
def test_one_nan_makes_the_same_outputs_and_input_gradients_nan(layer, shape):
    x = distinct(shape, 0)
    x.flat[5] = np.nan
    leaf = torch.tensor(x, requires_grad=True)
    y, their_y = layer(x), twin(layer)(leaf)
    dy = np.random.default_rng(0).standard_normal(y.shape)
    their_y.backward(torch.from_numpy(dy))
    assert np.isnan(y).any()
    np.testing.assert_allclose(y, their_y.detach().numpy(), atol=1e-10)
    np.testing.assert_allclose(layer.backward(dy), leaf.grad.numpy(), atol=1e-10)


def test_the_initial_weights_have_pytorchs_distribution():
    for ours, theirs in [
        (nn.Conv2d(8, 64, 3, rng=0), torch.nn.Conv2d(8, 64, 3)),
        (nn.Linear(72, 640, rng=0), torch.nn.Linear(72, 640)),
    ]:
        for name, array in theirs.named_parameters():
            array = array.detach().numpy()
            assert ours.params[name].shape == array.shape and ours.params[name].dtype == array.dtype
            bound = np.float32(1 / np.sqrt(72))
            assert np.abs(ours.params[name]).max() <= bound and np.abs(array).max() <= bound
            if array.size > 1000:
                assert abs(ours.params[name].std() / array.std() - 1) < 0.05
