"""A course in a folder of its own, with the settings of this one."""

from dataclasses import replace
from pathlib import Path

from coursebook import settings, workspace

ROOT = Path(__file__).parents[2]
COURSE = settings.read(ROOT)


def course(root: Path, copies: Path | None = None) -> settings.Course:
    """A course whose copies may lie elsewhere."""
    return replace(COURSE, root=root, copies=str(copies or COURSE.copies))


def prepare(copies: Path, root: Path) -> list[str]:
    """Make or renew the copies; what is reported."""
    return workspace.prepare(course(root, copies))
