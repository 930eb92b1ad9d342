"""The sources stay ready for Jupyter Book 2: its own upgrade keeps every chapter."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
SOURCES = ("chapters", "_config.yml", "_toc.yml", "index.md", "references.bib", "_static/logo.svg")


def files(entries: list[dict]) -> list[str]:
    """The pages of a table of contents, in order, without the ends of their names."""
    found = []
    for entry in entries:
        found += [entry["file"].rpartition(".")[0]] if "file" in entry else []
        found += files(entry.get("children", []))
    return found


def test_the_upgrade_to_jupyter_book_2_keeps_every_chapter_and_its_title(tmp_path):
    if (myst := shutil.which("myst")) is None:
        pytest.skip("mystmd is not installed (npm install -g mystmd, or pip install mystmd)")
    for name in SOURCES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    command = [myst, "init", "--site"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        input="Y\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    upgraded = yaml.safe_load((tmp_path / "myst.yml").read_text(encoding="utf-8"))["project"]
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    assert files(upgraded["toc"]) == [toc["root"], *(chapter["file"] for chapter in chapters)]
    titles = [page.get("title") for part in upgraded["toc"] for page in part.get("children", [])]
    assert titles == [chapter.get("title") for chapter in chapters]
    assert [part.get("title") for part in upgraded["toc"]] == [
        None,
        *(part["caption"] for part in toc["parts"]),
    ]
    assert upgraded["bibliography"] == ["references.bib"]
