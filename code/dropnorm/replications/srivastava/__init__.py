"""Srivastava et al. (2014), the paper on dropout.

``rates``         figures 9 and 10: rates of dropout, numbers of training images
``regularisers``  tables 9 and 10, figure 11: L2, max-norm, Gaussian noise, votes
``features``      figures 7 and 8: an autoencoder
``others``        photographs of house numbers; linear regression
"""

from dropnorm.replications.srivastava import features, others, rates, regularisers

__all__ = ["ROWS", "STUDIES"]

STUDIES = (*rates.STUDIES, *regularisers.STUDIES, *features.STUDIES, *others.STUDIES)

ROWS = (
    *rates.ROWS,
    *regularisers.VOTE_ROWS,
    *features.ROWS,
    *regularisers.ROWS,
    *others.ROWS,
)
