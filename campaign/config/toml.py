"""Settings as a TOML file writes them; `tomllib` and `Settings` read the same back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from campaign.config.settings import Settings

BARE = re.compile(r"[A-Za-z0-9_-]+")


def written(settings: Settings) -> dict[str, Any]:
    """Return all settings as plain values, durations and paces as people write them."""
    return settings.model_dump(mode="json")


def value_text(value: Any) -> str:
    """Return a value on one line: text, numbers, lists and tables; TOML has no `None`."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key_text(name)} = {value_text(v)}" for name, v in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    # JSON's way of writing text is TOML's too, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key_text(name: str) -> str:
    """Return the name of a key, quoted where it has to be."""
    return name if BARE.fullmatch(name) else value_text(name)
