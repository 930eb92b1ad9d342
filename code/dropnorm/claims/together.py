"""Claims about the two layers together: 18 and 19."""

from collections.abc import Iterator

from dropnorm.claims.contrasts import SIZES, behind_the_norm, four_networks, gain, gains, images
from dropnorm.claims.effects import ABOVE, Effect
from dropnorm.claims.verdict import Claim
from dropnorm.experiments import studies
from dropnorm.experiments.statistics import signed


def _both() -> Iterator[Effect]:
    yield gain("both", "batch norm", 1_000, prefix="dropout on top of batch norm, ")
    for n in SIZES:
        yield gain("both", "dropout", n, prefix="batch norm on top of dropout, ")
    few, many = (four["both"] - four["batch norm"] for four in map(four_networks, (1_000, 20_000)))
    settings = f"{images(1_000)}, against {images(20_000)}"
    means = f"{signed(few.mean(), '+.2f')} and {signed(many.mean(), '+.2f')}"
    yield Effect(
        f"when: the gain on top of batch norm, {settings}",
        f"difference of two gains, {means} points",
        (few - many).to_numpy(),
        ABOVE,
    )
    yield behind_the_norm(
        "how: dropout behind batch norm against right before it, both before the pooling"
    )


CLAIMS = (
    Claim(
        number=18,
        text="Both can be used together; when and how depends on the problem.",
        measure=_both,
        studies=(studies.TOGETHER, studies.ORDER_FAIR),
        primary=f"dropout on top of batch norm, {images(1_000)}",
        reason="together they have to beat the better of the two where dropout has something to do",
    ),
    Claim(
        number=19,
        text="In a 2D CNN they raise accuracy and regularise.",
        measure=lambda: gains("both", "plain"),
        studies=(studies.TOGETHER, studies.SCHEDULE),
        primary=images(5_000),
        reason="the course's standard setting, every network at its own rate",
    ),
)
