"""Put first on ``PYTHONPATH``: every Python started with it computes as another processor might.

What a sum gives depends on the order of its terms, and so on the processor. Here each number that a
linear layer, a convolution, a normalisation or a reduction gives, forward or backward, moves by one
unit in the last place. Up or down is decided by a hash of its bits and of the seed in
``DROPNORM_DISTURBED``: equal numbers stay equal, and the same computation gives the same again, as
on any one machine. Results with few digits, such as 0 or 0.5, are exact everywhere and stay.

It acts on PyTorch as a whole and on the layers of ``dropnorm.scratch``, as soon as they are
imported.
"""

import functools
import importlib.machinery
import os
import sys
import threading

SEED = int(os.environ["DROPNORM_DISTURBED"])
MULTIPLIER = {32: 0x5851F42D, 64: 0x5851F42D4C957F2D}
LAST_DIGITS = 0xFFF  # all zero in a number that is short, and so exact

LINEAR = "mm addmm bmm baddbmm addbmm mv addmv addr dot"
CONVOLUTION = "convolution convolution_backward"
NORMALISATION = """
    native_batch_norm native_batch_norm_backward
    _native_batch_norm_legit _native_batch_norm_legit_no_training
    native_group_norm native_group_norm_backward native_layer_norm native_layer_norm_backward
    _softmax _softmax_backward_data _log_softmax _log_softmax_backward_data
"""
REDUCTION = """
    sum mean var std var_mean std_mean prod cumsum logsumexp linalg_vector_norm norm nansum
    nll_loss_forward mse_loss avg_pool2d avg_pool2d_backward
    _adaptive_avg_pool2d _adaptive_avg_pool2d_backward
"""
OPERATIONS = {*LINEAR.split(), *CONVOLUTION.split(), *NORMALISATION.split(), *REDUCTION.split()}


def nudge(bits, width):
    """Move floating-point numbers by one unit in the last place, in place.

    ``bits`` views them as integers.
    """
    magnitude = bits & (2 ** (width - 1) - 1)
    # may overflow; the top bit is what counts
    hashed = (magnitude + 7919 * SEED) * MULTIPLIER[width]
    step = (hashed >> (width - 1)) | 1  # −1 or 1
    bits += step * ((bits & LAST_DIGITS) != 0)


def disturb_torch(torch):
    """All that PyTorch computes from now on, in this thread and in those started later."""
    from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes

    integers = {torch.float32: (torch.int32, 32), torch.float64: (torch.int64, 64)}

    class Disturbed(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            if func.overloadpacket.__name__ in OPERATIONS:
                for tensor in result if isinstance(result, tuple) else (result,):
                    if tensor is not None and tensor.dtype in integers:
                        integer, width = integers[tensor.dtype]
                        nudge(tensor.view(integer), width)
            return result

    run = threading.Thread.run

    @functools.wraps(run)
    def run_disturbed(self):
        with Disturbed():
            run(self)

    threading.Thread.run = run_disturbed

    # TorchScript neither records nor runs a network while its operations are intercepted
    def undisturbed(function):
        @functools.wraps(function)
        def call(*args, **kwargs):
            with _disable_current_modes():
                return function(*args, **kwargs)

        return call

    torch.jit.trace = undisturbed(torch.jit.trace)
    torch.jit.ScriptModule.__call__ = undisturbed(torch.nn.Module.__call__)
    Disturbed().__enter__()


def disturb_layers(scratch):
    """What our own layers give by matrix products; NumPy's sums are the same everywhere."""
    import numpy as np

    integers = {np.dtype("f4"): (np.int32, 32), np.dtype("f8"): (np.int64, 64)}

    def disturbed(method):
        @functools.wraps(method)
        def call(*args, **kwargs):
            result = np.array(method(*args, **kwargs))
            if result.dtype in integers:
                integer, width = integers[result.dtype]
                nudge(result.view(integer), width)
            return result

        return call

    for cls in scratch.Linear, scratch.Conv2d:
        cls.forward, cls.backward = disturbed(cls.forward), disturbed(cls.backward)


class ImportHook:
    """Call a function on a module as soon as it has been imported."""

    def __init__(self, **calls):
        self.calls = calls

    def find_spec(self, name, path=None, target=None):
        """The module's own, with a loader that calls the function afterwards."""
        call = self.calls.pop(name.replace(".", "_"), None)
        if call is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            call(module)

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, ImportHook(torch=disturb_torch, dropnorm_scratch=disturb_layers))
