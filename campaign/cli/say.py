"""Lines for a person, on stderr; data for programs, on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def say(text: str) -> None:
    """Print one line for a person."""
    print(f"campaign: {' '.join(text.split())}", file=sys.stderr, flush=True)  # noqa: T201


def document(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print one JSON document."""
    line(json.dumps(value, ensure_ascii=False))


def line(text: str) -> None:
    """Print one line of data."""
    print(text, flush=True)  # noqa: T201 - stdout is for data


def counts(outcomes: Mapping[str, int]) -> str:
    """Return outcomes as people read them: `610 answered, 3 rejected`."""
    return ", ".join(f"{n:,} {outcome}" for outcome, n in outcomes.items()) or "no rows"
