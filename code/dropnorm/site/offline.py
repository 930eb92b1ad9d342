"""A Sphinx extension that seals the site: MathJax is served by the site itself, and what no page uses is taken out.

The theme puts the settings of Thebe (with a CDN's address) and a 1.4 MB icon script on every page. The pages run no
kernel, and the icon font shows the same icons.
"""

import re
import shutil
from importlib.util import find_spec
from pathlib import Path

from sphinx.application import Sphinx

MATHJAX_PARTS = ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts/woff-v2")
"""What the pages need of MathJax, of the 30 MB that the package carries."""

UNUSED = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r'\s*<script type="text/x-thebe-config">.*?</script>',
        r"\s*<script>const THEBE_JS_URL.*?</script>",
        r"\s*<script>kernelName = .*?</script>",
        r'\s*<script[^>]*src="[^"]*(?:sphinx-thebe\.js|fontawesome\.js)[^"]*"></script>',
        r'\s*<link[^>]*href="[^"]*sphinx-thebe\.css[^"]*" />',
    )
]


def strip_unused(page: str) -> str:
    """A page's HTML without the scripts and styles that it does not use."""
    for pattern in UNUSED:
        page = pattern.sub("", page)
    return page


def _finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    source = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
    for part in MATHJAX_PARTS:
        target = out / "_static" / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / part).is_dir():
            shutil.copytree(source / part, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(source / part, target)
    for path in out.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        stripped = strip_unused(page)
        if stripped != page:
            path.write_text(stripped, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("config-inited", lambda _, config: setattr(config, "mathjax_path", "mathjax/tex-chtml.js"))
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
