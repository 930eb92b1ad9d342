"""Claims about dropout that need trained networks: 2 to 6."""

from collections.abc import Callable, Iterator

import numpy as np

from dropnorm.claims.contrasts import POINTS, after_the_norm, arms, gains, images
from dropnorm.claims.effects import ABOVE, BELOW, EQUAL, EQUAL_LOSS, Effect, difference
from dropnorm.claims.verdict import Claim
from dropnorm.experiments import results, statistics, studies
from dropnorm.experiments.records import Record


def _co_adaptation() -> Iterator[Effect]:
    quantities: dict[str, tuple[str, Callable[[Record], float]]] = {
        "lost with the most important unit": ("points", lambda run: 100 * run.probe["lost"][0]),
        "lost with half of the units": (
            "points",
            lambda run: results.accuracy(run) - 100 * run.probe["left"][4],
        ),
        "likeness of units": ("mean |r|", lambda run: run.probe["correlation"]),
    }
    runs = results.records(studies.CO_ADAPTATION)
    pairs = (
        ("without batch norm", "dropout", "plain"),
        ("with batch norm", "both", "batch norm"),
    )
    for company, a, b in pairs:
        for setting, (unit, figure) in quantities.items():
            networks = results.columns(runs, lambda run: run.trial.condition, figure)
            values = (networks[a] - networks[b]).to_numpy()
            yield Effect(f"{setting}, {company}", f"{a} − {b}, {unit}", values, BELOW)


def _places() -> Iterator[Effect]:
    names = {"channels": "whole channels", "elements": "single elements"}
    tables = {n: results.places(n) for n in (1_000, 5_000)}
    for n, places in tables.items():
        quantity = f"each at its own p, {n:,} images, points"
        for place, name in names.items():
            setting = f"dense layer against {name} after convolutions, {n:,} images"
            yield difference(places["dense"], places[place], setting, quantity, EQUAL)
    quantity = "each at its own p, 1,000 images, points"
    few = tables[1_000]
    for place, name in {"dense": "dense layer", "elements": "single elements"}.items():
        yield difference(few[place], few["input"], f"{name} against the input", quantity)
    yield after_the_norm("after batch norm against right before it, both before the pooling")


def _rates() -> Iterator[Effect]:
    names = {0.5: "p = 0.5 of the texts", 0.9: "p = 0.9"}
    for n in (5_000, 1_000):
        query = f"dropout_at == 'fc' and n_train == {n}"
        rows = results.table(studies.DROPOUT_RATE).query(f"{query} and dropout > 0")
        own = statistics.best_setting(rows, "dropout", ["n_train"])["dropout"].iloc[0]
        rates = arms(studies.DROPOUT_RATE, query, "dropout")
        quantity = f"own rate, p = {own:g}, less this one, {POINTS}"
        for p, name in names.items():
            yield difference(rates[own], rates[p], f"{images(n)}, {name}", quantity)


def _averaging() -> Iterator[Effect]:
    for condition, company in (("dropout", "without batch norm"), ("both", "with batch norm")):
        probes = [
            run.probe
            for run in results.records(studies.AVERAGING)
            if run.trial.condition == condition
        ]
        scaled = 100 * np.array([probe["scaled"] for probe in probes])
        one, *_, hundred = 100 * np.array([probe["vote"] for probe in probes]).T
        loss = [probe["scaled_loss"] - probe["vote_loss"][-1] for probe in probes]
        votes = "weight scaling − vote of 100"
        yield Effect(f"accuracy, {company}", f"{votes}, points", scaled - hundred, EQUAL)
        yield Effect(f"loss, {company}", f"{votes}, nats", np.array(loss), EQUAL_LOSS)
        setting = f"accuracy over one thinned network, {company}"
        quantity = "weight scaling − one thinned network, points"
        yield Effect(setting, quantity, scaled - one, ABOVE)


CLAIMS = (
    Claim(
        number=2,
        text="It reduces overfitting and gives a more general model.",
        measure=lambda: gains("dropout", "plain"),
        studies=(studies.TOGETHER, studies.SCHEDULE, studies.PASSES),
        primary=images(1_000),
        reason="few images and time to learn them by heart: the case for which texts recommend it",
        separation="how often each image is seen",
    ),
    Claim(
        number=3,
        text="It prevents complex co-adaptation; without it, units rely on particular others.",
        measure=_co_adaptation,
        studies=(studies.CO_ADAPTATION,),
        primary="lost with the most important unit, without batch norm",
        reason="who relies on another loses much without it; half of the units, too, were missing "
        "in training, one was not",
        separation="what is asked: whether others can do without a unit, or whether units are "
        "unlike",
    ),
    Claim(
        number=4,
        text="It belongs between dense layers or after convolutions.",
        measure=_places,
        studies=(studies.PLACES_OF_DROPOUT, studies.DROPOUT_RATE, studies.ORDER_FAIR),
        primary="dense layer against whole channels after convolutions, 1,000 images",
        reason="the sentence names two places: neither may be behind the other by as much as half "
        "a point, where dropout has something to bring",
    ),
    Claim(
        number=5,
        text="Its rate must be tuned to problem and data.",
        measure=_rates,
        studies=(studies.DROPOUT_RATE,),
        primary=f"{images(5_000)}, p = 0.5 of the texts",
        reason="if no tuning were needed, the rate that texts name first would do in the course's "
        "standard setting",
    ),
    Claim(
        number=6,
        text="It is an efficient form of model averaging: weight scaling stands for the vote of "
        "the thinned networks.",
        measure=_averaging,
        studies=(studies.AVERAGING,),
        primary="accuracy, without batch norm",
        reason="the papers' claim is about the test error of dropout by itself",
        separation="what is asked of the vote: which class, or with which probability",
    ),
)
