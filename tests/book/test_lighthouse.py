"""Lighthouse on a few pages of the built book: a slow phone, served with compression."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from built_book import serving

from sealedbook.chromium import MISSING, executable

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
# on a quiet machine the score of performance is 95 to 100; how far it falls depends on what else
# the machine does
LEAST = {"performance": 60, "accessibility": 100, "best-practices": 100, "seo": 100}
OPTIONS = (
    "--quiet",
    "--no-enable-error-reporting",
    "--disable-full-page-screenshot",
    "--output=json",
    f"--only-categories={','.join(LEAST)}",
    "--chrome-flags=--headless=new --no-sandbox",
)


@pytest.fixture(scope="module", autouse=True)
def tools(missing):
    if shutil.which("node") is None or not LIGHTHOUSE.is_file():
        missing("no Lighthouse: install Node.js and run `npm ci` in tests/book/node")
    if executable() is None:
        missing(MISSING)


def lighthouse(address: str, target: Path) -> tuple[int, str]:
    """Write the report on a page; returns the exit status and what was said on stderr."""
    command = ["node", LIGHTHOUSE, address, f"--output-path={target}", *OPTIONS]
    with subprocess.Popen(
        command,
        env=os.environ | {"CHROME_PATH": executable()},
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            _, errors = process.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGTERM)
            process.kill()
            raise
    return process.returncode, errors


def report(address: str, target: Path) -> dict:
    status, errors = lighthouse(address, target)
    # on a very busy machine nothing may be painted in time: that says nothing about the page
    if "NO_FCP" in errors:
        status, errors = lighthouse(address, target)
    assert status == 0, errors[-2000:]
    return json.loads(target.read_text(encoding="utf-8"))


def faults(result: dict) -> list[str]:
    """The audits that cost points, in categories with too few of them."""
    messages = []
    for kind, least in LEAST.items():
        category = result["categories"][kind]
        if (score := round(100 * (category["score"] or 0))) < least:
            audits = [result["audits"][one["id"]] for one in category["auditRefs"] if one["weight"]]
            poor = [audit for audit in audits if (audit["score"] or 0) < 0.9]
            reasons = [f"{audit['id']} {audit.get('displayValue', '')}" for audit in poor]
            messages.append(f"{kind} {score} < {least}: {', '.join(reasons)}")
    return messages


@pytest.mark.parametrize("name", PAGES)
def test_lighthouse_is_content(server, tmp_path, name):
    assert faults(report(f"{server}{name}.html", tmp_path / "report.json")) == []


def test_the_check_sees_a_page_that_jumps_and_has_no_words(tmp_path):
    page = "<html><body><img src=x.png><p>x</p></body></html>"
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    with serving(tmp_path) as address:
        messages = faults(report(f"{address}index.html", tmp_path / "report.json"))
    assert {message.split()[0] for message in messages} >= {"accessibility", "seo"}
