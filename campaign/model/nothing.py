"""The empty mapping, as a default."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})


def empty() -> Mapping[str, Any]:
    """Return the empty mapping, as the default of a field."""
    # As a plain default, Python 3.11 takes a mapping proxy for a mutable value and refuses it.
    return EMPTY
