"""``python -m coursebook``: prepare a reader's copies, and open JupyterLab where they left off."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from coursebook import settings, workspace


def main() -> None:
    """Renew the copies, say what was done, and start JupyterLab."""
    parser = argparse.ArgumentParser(
        prog=Path(sys.argv[0]).name if " " not in sys.argv[0] else sys.argv[0],
        description=__doc__,
        epilog="Further options go to JupyterLab.",
    )
    parser.add_argument("--course", type=Path, default=Path.cwd(), help="the course's folder")
    parser.add_argument("--no-start", action="store_true", help="prepare the copies only")
    options, for_jupyterlab = parser.parse_known_args()
    try:
        course = settings.read(options.course)
        print(*workspace.prepare(course), sep="\n")
        chapter = workspace.where_left_off(course)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    print(f"You are at {chapter.relative_to(course.workspace).as_posix()}.", flush=True)
    if not options.no_start:
        os.environ.setdefault(course.progress, str(course.workspace / "progress.json"))
        start_jupyterlab(course.workspace, chapter, for_jupyterlab)


def start_jupyterlab(folder: Path, notebook: Path, options: list[str]) -> None:
    """Start JupyterLab in a folder, with a notebook open; this process becomes JupyterLab."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command += [str(notebook), *options]
    # on Windows execv goes back to the shell at once, and a blank in a path ends an argument
    if os.name == "nt":
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
