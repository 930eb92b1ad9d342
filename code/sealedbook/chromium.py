"""The Chromium that is installed on this machine; none is ever downloaded."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")

MISSING = "no Chromium found: install one (on Debian: apt-get install chromium) and run this again"


def executable() -> str | None:
    """Path of an installed Chromium, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)
