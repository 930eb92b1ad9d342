"""An environment that has this one's packages, without the course's own."""

import subprocess
import sysconfig
import venv
from pathlib import Path


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
