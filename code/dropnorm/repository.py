"""Where the course's repository is, for what makes sense in it only: its website, the reader's copies of its chapters."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


class NoRepository(RuntimeError):
    """The package is installed apart from the course's repository."""


def needed_by(what: str) -> Path:
    """The repository's folder.

    Raises
    ------
    NoRepository
        It is not there; the message names ``what`` needs it, where it was looked for, and what to do.
    """
    if not (ROOT / "chapters").is_dir():
        raise NoRepository(
            f"{what} needs the course's repository, but {ROOT} has no chapters: the package is installed apart from it. "
            "Clone the repository and install the package from there: pip install --no-deps --no-build-isolation -e ."
        )
    return ROOT
