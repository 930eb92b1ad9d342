"""What holds for the repository as a whole, and no linter knows."""

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from tools.check_notebooks import faults

TESTS = Path(__file__).parent
ROOT = TESTS.parent
NOTEBOOKS = sorted(ROOT.glob("chapters/*/*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_executed_in_order_without_stderr_and_with_alt_text(path):
    assert list(faults(path)) == []


def _break(notebook: dict, kind: str) -> None:
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    pictured = next(c for c in code if any("image/png" in o.get("data", {}) for o in c["outputs"]))
    match kind:
        case "execution count":
            code[1]["execution_count"] = 7
        case "stderr":
            code[0]["outputs"].append(
                {"output_type": "stream", "name": "stderr", "text": ["Warning"]}
            )
        case "alt text":
            pictured["metadata"]["mystnb"]["image"]["alt"] = "a plot"
        case "caption":
            del pictured["metadata"]["mystnb"]["figure"]
        case "SVG":
            pictured["outputs"][0]["data"] = {"image/svg+xml": "<svg/>"}
        case "kernel":
            notebook["metadata"]["kernelspec"]["name"] = "other"


@pytest.mark.parametrize(
    "kind", ["execution count", "stderr", "alt text", "caption", "SVG", "kernel"]
)
def test_the_notebook_check_sees_each_fault(kind, tmp_path):
    notebook = json.loads(NOTEBOOKS[0].read_text(encoding="utf-8"))
    broken = deepcopy(notebook)
    _break(broken, kind)
    (tmp_path / "x.ipynb").write_text(json.dumps(broken), encoding="utf-8")
    assert any(kind in fault for fault in faults(tmp_path / "x.ipynb"))


def test_every_notebook_is_a_chapter_of_the_book():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    listed = {chapter["file"] for part in toc["parts"] for chapter in part["chapters"]}
    assert {str(path.relative_to(ROOT).with_suffix("").as_posix()) for path in NOTEBOOKS} <= listed


def test_no_module_is_longer_than_300_lines():
    modules = [path for path in (ROOT / "code").rglob("*") if path.suffix in (".py", ".js")]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert {str(path): length for path, length in lengths.items() if length > 300} == {}


def test_no_two_modules_of_the_tests_have_one_name():
    """Pytest imports them without their folder: of two with one name it would take the first."""
    names = Counter(path.name for path in TESTS.rglob("*.py") if path.name != "conftest.py")
    assert [name for name, count in names.items() if count > 1] == []


def test_the_toolkit_runs_without_torch():
    code = (
        "import sys; sys.modules['torch'] = None;"
        "import dropnorm.scratch, dropnorm.figures, dropnorm.data"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_code_is_not_a_package():
    assert not (ROOT / "code" / "__init__.py").exists(), (
        "it would shadow the standard library's code module"
    )


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [("github-workflows", ".github/workflows/*.yml"), ("citation-file-format", "CITATION.cff")],
)
def test_workflows_and_citation_fit_their_published_schemas(schema, pattern):
    files = sorted(ROOT.glob(pattern))
    assert files
    command = ["check_jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
    subprocess.run([sys.executable, "-m", *command], check=True, cwd=ROOT)


def test_the_citation_names_the_book_and_its_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    book = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (citation["title"], citation["version"]) == (book["title"], project["version"])
    assert [author["name"] for author in citation["authors"]] == [book["author"]]


def test_a_workflow_runs_commands_that_there_are():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {*re.findall(r"^([a-z]+):", makefile, re.MULTILINE)}
    used = set()
    for path in ROOT.glob(".github/workflows/*.yml"):
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            for command in re.findall(
                r"^make ([a-z ]+)$",
                "\n".join(step.get("run", "") for step in job["steps"]),
                re.MULTILINE,
            ):
                used |= {*command.split()}
    assert {"book", "pdf", "zip"} <= used <= targets


def test_pinned_versions_agree():
    pins = {}
    for name in (
        "requirements.txt",
        "requirements-book.txt",
        "requirements-lab.txt",
        "requirements-conventions.txt",
        "binder/requirements.txt",
        "constraints.txt",
        ".pre-commit-config.yaml",
    ):
        for package, version in re.findall(
            r"\b([\w.-]+)==([\w.]+)", (ROOT / name).read_text(encoding="utf-8")
        ):
            pins.setdefault(package.lower().replace("_", "-"), set()).add(version)
    assert {package: versions for package, versions in pins.items() if len(versions) > 1} == {}


def test_every_make_target_is_in_the_help():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()
    assert all(re.search(rf"^{target}:.*## ", makefile, re.MULTILINE) for target in targets)
