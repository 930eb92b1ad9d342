"""The first page: its map is the table of contents."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
INDEX = (ROOT / "index.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^\[([^\]]+)\]\(([^)]+)\)\n: (.+)$", re.MULTILINE)


def title(file: str) -> str:
    """Of a page without one in the table of contents: its heading."""
    return (ROOT / f"{file}.md").read_text(encoding="utf-8").split("# ", 1)[1].splitlines()[0]


def test_the_course_map_has_every_page_in_order_with_its_title_and_a_line():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = [page for part in toc["parts"] for page in part["chapters"]]
    entries = ENTRY.findall(INDEX)
    mapped = [(words, file.rpartition(".")[0]) for words, file, _ in entries]
    assert mapped == [(page.get("title") or title(page["file"]), page["file"]) for page in pages]
    assert all(20 <= len(line) <= 90 or words == "Bibliography" for words, _, line in entries)
    assert re.findall(r":::\{grid-item-card\} (.+)", INDEX) == [
        part["caption"] for part in toc["parts"]
    ]
