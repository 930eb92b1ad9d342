"""Lighthouse on a few pages of the book as `make book` left it: a slow phone, served with compression."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from built_book import serving

from tools import screenshots

pytestmark = pytest.mark.book

LIGHTHOUSE = Path(__file__).parent / "node" / "node_modules" / "lighthouse" / "cli" / "index.js"
PAGES = (
    "index",
    "chapters/intuition/02-dropout",
    "chapters/scratch/06-batch-norm-from-scratch",
    "chapters/experiments/11-together",
    "chapters/reference/explorer",
    "chapters/reference/claims",
)
LEAST = {"performance": 60, "accessibility": 100, "best-practices": 100, "seo": 100}
"""On a quiet machine the score of performance is 95 to 100; how far it falls depends on what else the machine does."""


@pytest.fixture(scope="module", autouse=True)
def tools(missing):
    if shutil.which("node") is None or not LIGHTHOUSE.is_file():
        missing("no Lighthouse: install Node.js and run `npm ci` in tests/book/node")
    if screenshots.browser() is None:
        missing("no Chromium found (on Debian: apt-get install chromium)")


def report(address: str, target: Path) -> dict:
    command = [
        "node",
        LIGHTHOUSE,
        address,
        "--quiet",
        "--no-enable-error-reporting",
        "--output=json",
        f"--only-categories={','.join(LEAST)}",
        f"--output-path={target}",
    ]
    command.append("--chrome-flags=--headless=new --no-sandbox")
    environment = os.environ | {"CHROME_PATH": screenshots.browser()}
    with subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True
    ) as running:
        try:
            _, told = running.communicate(timeout=240)
        except subprocess.TimeoutExpired:
            if os.name == "posix":
                os.killpg(running.pid, signal.SIGTERM)
            running.kill()
            raise
    assert running.returncode == 0, told[-2000:]
    return json.loads(target.read_text(encoding="utf-8"))


def faults(found: dict) -> list[str]:
    """The audits that cost points, in categories with too few of them."""
    said = []
    for kind, least in LEAST.items():
        category = found["categories"][kind]
        if (score := round(100 * (category["score"] or 0))) < least:
            audits = [found["audits"][one["id"]] for one in category["auditRefs"] if one["weight"]]
            wrong = [
                f"{one['id']} {one.get('displayValue', '')}"
                for one in audits
                if (one["score"] or 0) < 0.9
            ]
            said.append(f"{kind} {score} < {least}: {', '.join(wrong)}")
    return said


@pytest.mark.parametrize("name", PAGES)
def test_lighthouse_is_content(server, tmp_path, name):
    assert faults(report(f"{server}{name}.html", tmp_path / "report.json")) == []


def test_the_check_sees_a_page_that_jumps_and_has_no_words(server, tmp_path):
    (tmp_path / "index.html").write_text(
        "<html><body><img src=x.png><p>x</p></body></html>", encoding="utf-8"
    )
    with serving(tmp_path) as address:
        said = faults(report(f"{address}index.html", tmp_path / "report.json"))
    assert {fault.split()[0] for fault in said} >= {"accessibility", "seo"}
