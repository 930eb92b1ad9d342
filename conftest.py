"""One thread for each worker; below the results, how many comparisons with a referee were made, and the largest error."""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(
        f"{library}_NUM_THREADS", "1"
    )  # before NumPy is imported: workers would fight for the cores


def pytest_terminal_summary(terminalreporter):
    largest = {}
    for report in terminalreporter.stats.get(
        "", []
    ):  # what fixtures record comes with the report of the teardown
        for kind, (count, error) in dict(report.user_properties).get("measured", {}).items():
            counted, worst = largest.get(kind, (0, 0.0))
            largest[kind] = (counted + count, max(worst, error))
    for kind, (count, error) in sorted(largest.items()):
        terminalreporter.write_line(f"{kind}: {count} comparisons, largest error {error:.1e}")
