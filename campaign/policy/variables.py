"""Names of variables that the provider fills itself.

Source: the provider's documented default variables.
"""

from __future__ import annotations

RESERVED = frozenset(
    {"direction", "user_number", "agent_number", "call_id", "call_type", "session_type"}
)
RESERVED_BEGINNINGS = ("current_time", "current_calendar", "session_duration")


def is_reserved(name: str) -> bool:
    """Tell whether a variable's name is one of the provider's."""
    return name in RESERVED or name.startswith(RESERVED_BEGINNINGS)
