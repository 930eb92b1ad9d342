"""Where the course is not: an environment with this one's packages, and a copy to install."""

import os
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]


def fresh_environment(folder: Path) -> tuple[Path, Path]:
    """Make one; gives its Python and its folder of packages."""
    environment = venv.EnvBuilder(with_pip=False)
    python = Path(environment.ensure_directories(folder).env_exe)
    environment.create(folder)
    library = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    ).stdout.strip()
    # The course is an editable install, which is a .pth file; those of a folder that a .pth file
    # names are not read.
    others = sysconfig.get_path("purelib") + "\n"
    (Path(library) / "others.pth").write_text(others, encoding="utf-8")
    return python, Path(library)


def variables(home: Path) -> dict[str, str]:
    """Those of this process, with another home and none that leads to the course."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DROPNORM_") and name != "PYTHONPATH"
    }
    return {**kept, "HOME": str(home)}


def copy_of_the_course(folder: Path, *parts: str) -> None:
    """Copy some of the repository's folders, and what an installation needs besides."""
    folder.mkdir()
    ignored = shutil.ignore_patterns("*.egg-info", "__pycache__")
    for part in parts:
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
