"""Published figures run again, smaller: one module a paper has its studies, effects and rows.

Other replications read the course's own studies. ``scorecard`` has the rule that gives the scores,
``networks`` what several papers share, ``exact_results`` the two sentences that are exact.
"""

from dropnorm.replications import (
    frankle,
    gal,
    garbin,
    hinton,
    hoffer,
    ioffe_szegedy,
    li,
    santurkar,
    srivastava,
    wu_he,
)

__all__ = ["ROWS", "STUDIES"]

# In the order of the papers; within a paper, of its figures.
STUDIES = (
    *srivastava.STUDIES,
    *hinton.STUDIES,
    *ioffe_szegedy.STUDIES,
    *gal.STUDIES,
    *hoffer.STUDIES,
    *frankle.STUDIES,
    *li.STUDIES,
    *santurkar.STUDIES,
)
ROWS = (
    *srivastava.ROWS,
    *hinton.ROWS,
    *ioffe_szegedy.ROWS,
    *li.ROWS,
    *santurkar.ROWS,
    *gal.ROWS,
    *wu_he.ROWS,
    *hoffer.ROWS,
    *frankle.ROWS,
    *garbin.ROWS,
)
