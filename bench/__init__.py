"""Benchmarks: our code against a known one, timed side by side in one run. ``python -m bench`` runs them all."""

import os

THREADS = 1
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = str(
        THREADS
    )  # read once, when NumPy and PyTorch are first imported
