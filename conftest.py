"""One thread for each worker; below the results, what the layers were compared with.

Told are the number of comparisons with each referee, and the largest error.
"""

import os

# before NumPy is imported: workers would fight for the cores
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")


def pytest_terminal_summary(terminalreporter):
    largest = {}
    # what fixtures record comes with the report of the teardown
    for report in terminalreporter.stats.get("", []):
        for kind, (count, error) in dict(report.user_properties).get("measured", {}).items():
            total, worst = largest.get(kind, (0, 0.0))
            largest[kind] = (total + count, max(worst, error))
    for kind, (count, error) in sorted(largest.items()):
        terminalreporter.write_line(f"{kind}: {count} comparisons, largest error {error:.1e}")
