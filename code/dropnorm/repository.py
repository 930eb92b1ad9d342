"""Where the course's repository is, for what makes sense in it only: its pages, its stored records.

This is the one place that looks for it.
"""

import os
from pathlib import Path

COURSE_ENV = "DROPNORM_COURSE"
"""Environment variable that names the repository's folder, for a package that is installed
elsewhere."""


class NoRepository(RuntimeError):
    """The package is installed apart from the course's repository."""


def folder() -> Path:
    """The repository's folder: the one that is named, or the one that the package lies in."""
    return Path(os.environ.get(COURSE_ENV) or Path(__file__).parents[2])


def needed_by(user: str) -> Path:
    """The repository's folder, if it is there.

    Raises
    ------
    NoRepository
        It is not; the message names what needs it, where it was looked for, and what to do.
    """
    root = folder()
    if not (root / "chapters").is_dir():
        raise NoRepository(
            f"{user} needs the course's repository, but {root} has no chapters: the package is "
            f"installed apart from it. Clone the repository, and install the package from there "
            f"(pip install --no-deps --no-build-isolation -e .) or name its folder in {COURSE_ENV}."
        )
    return root
