"""What the figures of more than one chapter show."""

import matplotlib.pyplot as plt
import numpy as np

from dropnorm import figures


def test_rows_of_gains_stand_under_each_other_each_with_its_seeds_and_its_interval():
    rows = [
        ("few images", [1.0, 2.0, 3.0], (2.0, 0.5, 3.5), figures.DROPOUT),
        ("many images", [-1.0, -2.5], (-1.75, -4.0, -0.5), figures.BATCH_NORM),
        ("many images", [0.25], (0.25, 0.125, 0.75), figures.BOTH),
    ]
    figure, ax = plt.subplots()
    figures.rows_of_gains(ax, rows)
    places = ax.get_yticks()
    assert list(places) == sorted(places, reverse=True)
    assert [label.get_text() for label in ax.get_yticklabels()] == [label for label, *_ in rows]
    zero = [line for line in ax.lines if list(line.get_xdata()) == [0, 0]]
    assert len(zero) == 1
    for number, (_, gains, (mean, low, high), colour) in enumerate(rows):
        # what is nearer to this label than to the others
        beside = [
            line
            for line in ax.lines
            if line not in zero and np.abs(places - np.mean(line.get_ydata())).argmin() == number
        ]
        assert {line.get_color() for line in beside} == {colour}
        drawn = sorted(tuple(line.get_xdata()) for line in beside)
        assert drawn == sorted([tuple(gains), (low, high), (mean,)])
    plt.close(figure)
