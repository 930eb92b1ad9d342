"""The stored records by the name of a study; ``results`` by the study itself is to be preferred."""

from functools import lru_cache

import pandas as pd

from dropnorm import registry
from dropnorm.experiments import results
from dropnorm.experiments.records import Record
from dropnorm.experiments.results import columns, own_rates, places, speed_up, wide

__all__ = ["at", "columns", "four", "own_rates", "places", "runs", "speed_up", "table", "wide"]

four = lru_cache(results.four_networks)


def runs(study: str) -> tuple[Record, ...]:
    """A study's records, in its order."""
    return tuple(results.records(registry.find(study)))


@lru_cache
def table(study: str) -> pd.DataFrame:
    """One row a record."""
    return results.table(registry.find(study))


def at(study: str, query: str, column: str, value: str = "test_accuracy") -> pd.DataFrame:
    """``wide`` for the rows of a study that the query selects."""
    return wide(table(study).query(query), column, value)
