"""`make book` builds what has changed since, and nothing otherwise."""

import os
import shutil
import subprocess

import pytest
from built_book import ROOT

pytestmark = pytest.mark.book


def would_build(**variables: str) -> bool:
    """Whether `make book` would build the book anew."""
    done = subprocess.run(
        [shutil.which("make") or pytest.skip("no make"), "--dry-run", "book"],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return "jupyter-book build" in done.stdout


def test_a_book_that_is_there_is_not_built_again_but_with_other_settings_or_sources():
    assert not would_build()
    assert would_build(DROPNORM_SITE="https://example.org/course/")
    page = ROOT / "chapters/reference/glossary.md"
    times = page.stat()
    os.utime(page)
    try:
        assert would_build()
    finally:
        os.utime(page, ns=(times.st_atime_ns, times.st_mtime_ns))
