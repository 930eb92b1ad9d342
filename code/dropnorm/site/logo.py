"""The book's sign: units, some of them dropped, above a curve that has found its level."""

from pathlib import Path

from dropnorm import repository
from dropnorm.figures import BATCH_NORM, BOTH, DROPOUT

LOGO = repository.needed_by("dropnorm.site.logo") / "_static" / "logo.svg"
"""Where it is: the sidebar's picture and the icon in the browser's tab."""

TEXT = "Six units in two rows, two of them dropped, above a curve that has found its level"

UNITS = {
    (12, 14): True,
    (32, 14): False,
    (52, 14): True,
    (12, 34): True,
    (32, 34): True,
    (52, 34): False,
}
"""Centre of each unit, and whether it is kept."""

CURVE = "M5 55 C14 55 18 47 22 47 S 27 47 32 47 S 44 55 59 55"


def svg() -> str:
    """The picture, in the colours of the figures: what is kept is blue, what is dropped vermilion."""
    kept = "".join(
        f'\n    <circle cx="{x}" cy="{y}" r="7"/>' for (x, y), there in UNITS.items() if there
    )
    gone = "".join(
        f'\n    <circle cx="{x}" cy="{y}" r="7"/>' for (x, y), there in UNITS.items() if not there
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img" aria-label="{TEXT}">
  <g fill="{BATCH_NORM}">{kept}
  </g>
  <g fill="none" stroke="{DROPOUT}" stroke-width="2.5" stroke-dasharray="3.6 3.6">{gone}
  </g>
  <path d="{CURVE}" fill="none" stroke="{BOTH}" stroke-width="4" stroke-linecap="round"/>
</svg>
"""


def write(path: Path = LOGO) -> Path:
    """Draw it anew."""
    path.write_text(svg(), encoding="utf-8")
    return path
