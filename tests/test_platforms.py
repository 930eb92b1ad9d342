"""What holds on every platform: Linux, macOS and Windows, whatever the language of the machine.

Windows writes text files in another encoding unless told otherwise, has no POSIX modules, and takes
two names that differ in capitals for one file.
"""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

import nbformat
import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path for part in ("code", "tests", "bench", "tools") for path in (ROOT / part).rglob("*.py")
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OLDEST = PROJECT["requires-python"].removeprefix(">=")
POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios"}
# not on Windows, which also takes a name for a device's whatever its ending
FORBIDDEN = re.compile(r'[<>:"|?*\\]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)', re.IGNORECASE)


def files() -> list[PurePosixPath]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    return [PurePosixPath(name) for name in listed.stdout.split("\0") if name]


def unstated(tree: ast.AST) -> Iterator[str]:
    """Calls that read or write text without saying in which encoding."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        function = call.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        owner = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
        named = {keyword.arg for keyword in call.keywords}
        modes = [
            node.value
            for node in ast.walk(call)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        binary = any(re.fullmatch(r"[rwax]b\+?|[rwax]\+?b", mode) for mode in modes)
        opens = (
            name == "open"
            and owner not in ("Image", "os", "tarfile", "webbrowser", "window")
            and not binary
            and "dropnorm" not in modes
        )
        reads = (name == "read_text" and not call.args) or (
            name == "write_text" and len(call.args) < 2
        )
        talks = owner == "subprocess" and named & {"text", "universal_newlines"}
        if (opens or reads or talks) and "encoding" not in named:
            yield f"line {call.lineno}: {ast.unparse(call)[:80]}"


def at_once(tree: ast.Module) -> set[str]:
    """Modules that are imported when the file is."""
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {
        name.split(".")[0]
        for node in imports
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }


def test_every_text_file_is_read_and_written_in_a_stated_encoding():
    found = {path: list(unstated(ast.parse(path.read_text(encoding="utf-8")))) for path in SOURCES}
    for path in ROOT.glob("chapters/*/*.ipynb"):
        cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        found[path] = [fault for cell in cells for fault in unstated(ast.parse(cell.source))]
    assert len(found) > 100 and {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        ("path.read_text()", 1),
        ("path.write_text(text)", 1),
        ("open(path)", 1),
        ("path.open('a')", 1),
        ("subprocess.run(command, text=True)", 1),
        (
            "path.read_text('utf-8'), path.write_text(text, encoding='utf-8'), path.open('ab'), "
            "Image.open(path)",
            0,
        ),
        ("open(path, 'rb'), subprocess.run(command, encoding='utf-8'), subprocess.run(command)", 0),
    ],
)
def test_the_check_sees_a_call_that_leaves_the_encoding_to_the_machine(code, faults):
    assert len(list(unstated(ast.parse(code)))) == faults


def test_no_file_needs_a_posix_module_to_be_imported():
    found = {
        path: at_once(ast.parse(path.read_text(encoding="utf-8"))) & POSIX_ONLY for path in SOURCES
    }
    assert {path: modules for path, modules in found.items() if modules} == {}
    assert at_once(ast.parse("import os, resource\nfrom fcntl import lockf")) & POSIX_ONLY == {
        "resource",
        "fcntl",
    }


def test_file_names_are_allowed_everywhere_and_differ_by_more_than_capitals():
    named = files()
    assert len(named) > 200
    assert [str(path) for path in named if any(FORBIDDEN.search(part) for part in path.parts)] == []
    folders = {folder for path in named for folder in path.parents}
    assert [
        name
        for name, times in Counter(str(path).lower() for path in {*named, *folders}).items()
        if times > 1
    ] == []
    assert all(
        FORBIDDEN.search(name) for name in ("aux.py", "a:b", "what?", "ends.")
    ) and not FORBIDDEN.search("console.py")


@pytest.mark.parametrize("command", ["exercises", "study list"])
def test_the_command_line_survives_a_pipe_that_takes_few_characters(command):
    """Windows' pipes take those of cp1252; γ and − are not among them."""
    asked = [sys.executable, "-m", "dropnorm", *command.split()]
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(asked, env=environment, capture_output=True, check=False)
    assert done.returncode == 0 and len(done.stdout) > 100, done.stderr.decode("cp1252")[-500:]


def test_every_installed_package_takes_the_oldest_python():
    """Debian 12 has 3.11.2: a pin that needs 3.11.5 cannot be installed there."""
    first = f"{OLDEST}.0"
    needs = {
        found.metadata["Name"]: found.metadata.get("Requires-Python") or ""
        for found in distributions()
    }
    assert {
        name: allowed for name, allowed in needs.items() if first not in SpecifierSet(allowed)
    } == {}


def test_the_workflow_runs_on_each_platform_and_on_the_oldest_and_newest_python():
    workflow = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8"))
    matrix = workflow["jobs"]["check"]["strategy"]["matrix"]
    assert {"ubuntu-latest", "ubuntu-24.04-arm", "macos-latest", "windows-latest"} == {
        *matrix["os"]
    }
    assert min(matrix["python"], key=lambda version: int(version.split(".")[1])) == OLDEST
    assert "3.14" in matrix["python"]
