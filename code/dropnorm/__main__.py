"""``python -m dropnorm``."""

import io
import sys

from dropnorm.cli import app
from dropnorm.repository import NoRepository

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        # a pipe on Windows takes 200 characters; γ and − are not among them
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except NoRepository as error:
        sys.exit(str(error))
