"""The papers' rows read all the seeds that their two arms have."""

from types import SimpleNamespace

from dropnorm.experiments import results
from dropnorm.replications.srivastava import regularisers


def test_the_two_noises_are_compared_over_all_fifteen_seeds_and_the_others_over_five(monkeypatch):
    right = {"test": {"accuracy": 0.9}}
    runs = [SimpleNamespace(trial=trial, final=right) for trial in regularisers.NORMS.trials]
    monkeypatch.setattr(results, "records", lambda study: runs)
    seeds = {row.effect: row.measure().n for row in regularisers.ROWS}
    assert seeds.pop("test error, Gaussian − Bernoulli noise, points") == 15
    assert set(seeds.values()) == {5}
