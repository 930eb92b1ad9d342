"""Folding, recalibrating, and states that move to PyTorch and back."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from checks import check_against_pytorch, norms_in, shaken, small_cnn, twin, values
from checks_of_training import check_fold, check_recalibrate, dropout_before_norm
from hypothesis import given, settings
from strategies import convolutions, layers_and_batches, seeds

from dropnorm import scratch as nn

# PyTorch copies the input for an even kernel, and says so
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
few = settings(max_examples=40, deadline=None, derandomize=True)


@few
@given(drawn=convolutions(), seed=seeds)
def test_a_folded_convolution_equals_convolution_and_batch_norm(drawn, seed):
    conv, shape = drawn
    check_fold(conv, values(shape, seed), seed)


def test_folding_keeps_its_ingredients_and_refuses_what_does_not_fit():
    conv, norm = nn.Conv2d(2, 3, 3, rng=0), nn.BatchNorm2d(3)
    before = conv.state_dict() | norm.state_dict()
    folded = nn.fold(conv, norm)
    folded.params["weight"][...] = 0
    for name, array in (conv.state_dict() | norm.state_dict()).items():
        np.testing.assert_array_equal(array, before[name])
    with pytest.raises(
        ValueError, match="norm has 2 float32 channels, expected the 3 float32 ones"
    ):
        nn.fold(conv, nn.BatchNorm2d(2))
    with pytest.raises(ValueError, match="norm has 3 float64 channels"):
        nn.fold(conv, nn.BatchNorm2d(3, dtype=np.float64))
    with pytest.raises(ValueError, match="norm has track_running_stats=False: expected one with"):
        nn.fold(conv, nn.BatchNorm2d(3, track_running_stats=False))


@few
@given(drawn=convolutions(), seed=seeds)
def test_folding_a_norm_without_gamma_and_beta(drawn, seed):
    conv, shape = drawn
    check_fold(conv, values(shape, seed), seed, affine=False)


@pytest.mark.parametrize(
    ("network", "shape"), [(small_cnn(), (6, 1, 8, 8)), (dropout_before_norm(), (6, 5))]
)
def test_recalibrating_gives_the_average_over_the_batches_without_dropout(network, shape):
    check_recalibrate(shaken(network, 0), [values(shape, i, offset=i) for i in range(4)])


def test_recalibrating_keeps_modes_momenta_and_parameters():
    network = small_cnn(p=0.5).eval()
    network.layers[1].train()
    network.layers[5].momentum = 0.3
    before = {name: array.copy() for name, array in network.params.items()}
    nn.recalibrate(network, iter([values((6, 1, 8, 8), 0)]))
    assert [layer.training for layer in network.layers] == [
        i == 1 for i in range(len(network.layers))
    ]
    assert [norm.momentum for norm in norms_in(network)] == [0.1, 0.3, 0.1] and not network.training
    for name, array in network.params.items():
        np.testing.assert_array_equal(array, before[name])


def test_recalibrating_leaves_norms_without_running_statistics_alone():
    bare = nn.BatchNorm1d(4, track_running_stats=False, dtype=np.float64)
    network = nn.Sequential(nn.BatchNorm1d(4, affine=False, dtype=np.float64), bare)
    check_recalibrate(network, [values((6, 4), i, offset=i) for i in range(3)])
    assert bare.momentum == 0.1 and network.buffers["0.num_batches_tracked"] == 3
    with pytest.raises(ValueError, match="BatchNorm2d with running statistics, found none"):
        nn.recalibrate(bare, [values((6, 4), 0)])


def test_recalibrating_refuses_no_batch_and_no_batch_norm():
    with pytest.raises(ValueError, match="batches: expected at least one"):
        nn.recalibrate(small_cnn(), [])
    with pytest.raises(ValueError, match="network: expected at least one BatchNorm"):
        nn.recalibrate(nn.Sequential(nn.ReLU()), [np.ones((2, 2))])


def test_a_state_holds_the_running_statistics():
    assert set(nn.BatchNorm2d(3).state_dict()) == set(torch.nn.BatchNorm2d(3).state_dict())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_state_goes_to_pytorch_and_back_unchanged(dtype):
    ours, other = shaken(small_cnn(0, dtype), 0), small_cnn(1, dtype)
    their = twin(ours)
    assert set(ours.state_dict()) == set(their.state_dict())
    other.load_state_dict({name: tensor.numpy() for name, tensor in their.state_dict().items()})
    for name, array in ours.state_dict().items():
        loaded = other.state_dict()[name]
        assert loaded.dtype == array.dtype == their.state_dict()[name].numpy().dtype
        np.testing.assert_array_equal(loaded, array)


@settings(few, max_examples=100)
@given(drawn=layers_and_batches())
def test_the_state_of_any_layer_goes_to_pytorch_and_back(drawn):
    layer, (x,) = drawn
    other = deepcopy(layer)
    for array in {**other.params, **other.buffers}.values():
        array[...] = 7
    other.load_state_dict({name: t.numpy() for name, t in twin(layer).state_dict().items()})
    np.testing.assert_array_equal(other.eval()(x), layer.eval()(x))


def test_after_training_a_state_still_loads_into_pytorch_with_the_same_output():
    network = small_cnn(0)
    optimiser = nn.SGD(network, lr=0.1, momentum=0.9)
    for i in range(3):
        _, dlogits = nn.softmax_cross_entropy(network(values((6, 1, 8, 8), i)), np.arange(6) % 3)
        network.backward(dlogits)
        optimiser.step()
    assert twin(network).state_dict()["1.num_batches_tracked"] == 3
    check_against_pytorch(network, [values((6, 1, 8, 8), 9)])


def test_a_state_is_a_copy_and_a_wrong_one_changes_nothing():
    network = small_cnn(0)
    state = network.state_dict()
    state["1.running_mean"] += 1
    assert (network.buffers["1.running_mean"] == 0).all()
    for name, wrong in [("0.weight", np.zeros((2, 1, 3, 2))), ("1.running_var", np.ones(3))]:
        with pytest.raises(ValueError, match=rf"state\['{name}'\]: shape"):
            network.load_state_dict(state | {name: wrong})
    with pytest.raises(
        ValueError, match=r"names missing \['1.running_mean'\], names unknown \['x'\]"
    ):
        network.load_state_dict(
            {n: a for n, a in state.items() if n != "1.running_mean"} | {"x": np.ones(1)}
        )
    assert (network.buffers["1.running_mean"] == 0).all()
