"""Canonical JSON: what keys and checksums are made of."""

import json
from typing import Any


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces, the same on every machine; no NaN, no infinity."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
    )
