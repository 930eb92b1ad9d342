"""The claims ledger: what texts say about the two layers, and the verdict of the stored records.

``verdict``      a claim, and the rule that gives the verdict
``effects``      the figures that test it, each with its interval
``definitions``  the claims that are true by definition
``dropout``, ``batch_norm``, ``together``  the others, by layer
``contrasts``    the networks that several of them compare
``findings``     a sentence of our own, by the same rule
``tables``       the ledger as tables
``worlds``       some of the claims in other worlds: other images, other networks
"""

from dropnorm.claims import batch_norm, definitions, dropout, together
from dropnorm.claims.findings import FINDINGS

__all__ = ["CLAIMS", "FINDINGS"]

CLAIMS = tuple(
    sorted(
        (*definitions.CLAIMS, *dropout.CLAIMS, *batch_norm.CLAIMS, *together.CLAIMS),
        key=lambda claim: claim.number,
    )
)
