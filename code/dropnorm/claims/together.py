"""Claims about the two layers together: 18 and 19."""

from collections.abc import Iterator

from dropnorm.claims.contrasts import SIZES, after_the_norm, four_networks, gain, gains, images
from dropnorm.claims.effects import ABOVE, Effect
from dropnorm.claims.verdict import Claim
from dropnorm.experiments import studies
from dropnorm.experiments.statistics import signed


def _both() -> Iterator[Effect]:
    yield gain("both", "batch norm", 1_000, prefix="dropout on top of batch norm, ")
    for n in SIZES:
        yield gain("both", "dropout", n, prefix="batch norm on top of dropout, ")
    short = 20_000, 1_000
    for other in ((1_000, 1_000), (20_000, 12_500)):
        fours = (four_networks(*setting) for setting in (other, short))
        more, less = (four["both"] - four["batch norm"] for four in fours)
        means = f"{signed(more.mean(), '+.2f')} and {signed(less.mean(), '+.2f')}"
        yield Effect(
            f"when: the gain on top of batch norm, {images(*other)}, against {images(*short)}",
            f"difference of two gains, {means} points",
            (more - less).to_numpy(),
            ABOVE,
        )
    yield after_the_norm(
        "how: dropout after batch norm against right before it, both before the pooling"
    )


CLAIMS = (
    Claim(
        number=18,
        text="Both can be used together; when and how depends on the problem.",
        measure=_both,
        studies=(studies.TOGETHER, studies.PASSES, studies.ORDER_FAIR),
        primary=f"dropout on top of batch norm, {images(1_000)}",
        reason="together they have to beat the better of the two where dropout has something to do",
    ),
    Claim(
        number=19,
        text="In a 2D CNN they raise accuracy and regularise.",
        measure=lambda: gains("both", "plain"),
        studies=(studies.TOGETHER, studies.SCHEDULE, studies.PASSES),
        primary=images(5_000),
        reason="the course's standard setting, every network at its own rate",
    ),
)
