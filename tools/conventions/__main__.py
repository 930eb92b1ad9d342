"""``python -m tools.conventions``: run each library that is installed, and store what was found.

The columns of the others stay as they are. ``pip install -r requirements-conventions.txt`` installs
Keras and Flax.
"""

import json
from pathlib import Path

from tools.conventions import batch_norm  # noqa: F401  (fills ROWS)
from tools.conventions.kits import KITS
from tools.conventions.probes import ROWS

TABLE = Path(__file__).parents[2] / "chapters" / "reference" / "conventions.json"


def column(name: str) -> dict[str, dict[str, str]]:
    """Every row of a library, by part of the table and title of the row.

    Raises
    ------
    ImportError
        The library is not installed.
    """
    kit = KITS[name]()
    return {
        part: {title: probe(kit) for title, probe in probes.items()}
        for part, probes in ROWS.items()
    }


def main() -> None:
    stored = json.loads(TABLE.read_text(encoding="utf-8")) if TABLE.is_file() else {}
    for name, kit in KITS.items():
        try:
            stored[name] = {"version": kit().version, **column(name)}
        except ImportError:
            print(f"{name}: not installed, its column stays")
    text = json.dumps({name: stored[name] for name in KITS}, indent=2, ensure_ascii=False)
    TABLE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
