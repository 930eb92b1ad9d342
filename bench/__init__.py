"""Benchmarks: our code against a known one, timed side by side. ``python -m bench`` runs them."""

import os

THREADS = 1
for library in ("OMP", "OPENBLAS", "MKL"):
    # read once, when NumPy and PyTorch are first imported
    os.environ[f"{library}_NUM_THREADS"] = str(THREADS)
