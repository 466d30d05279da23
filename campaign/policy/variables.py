"""Variables are text for a prompt: names that the provider fills itself, values that cannot go in.

Control characters other than tab, CR and LF, and characters that turn the direction of the text
around them, are invisible to whoever checks the list. `{{` and `}}` would be read as a variable of
the prompt. Too much text is no value of a variable.

Source of the names: the provider's documented default variables.
"""

from __future__ import annotations

import re

RESERVED = frozenset(
    {"direction", "user_number", "agent_number", "call_id", "call_type", "session_type"}
)
RESERVED_BEGINNINGS = ("current_time", "current_calendar", "session_duration")

MOST_CHARACTERS = 2_000

# Written so that Python and polars read them alike.
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
BIDIRECTIONAL = r"[\u202a-\u202e\u2066-\u2069]"
BRACES = r"\{\{|\}\}"

PROBLEMS = (
    (CONTROL, "a control character"),
    (BIDIRECTIONAL, "a bidirectional override"),
    (BRACES, "{{ or }} in a value"),
)
TOO_LONG = f"more than {MOST_CHARACTERS:,} characters"


def is_reserved(name: str) -> bool:
    """Tell whether a variable's name is one of the provider's."""
    return name in RESERVED or name.startswith(RESERVED_BEGINNINGS)


def problem(value: str) -> str | None:
    """Return what is wrong with a variable's value, `None` for nothing."""
    if len(value) > MOST_CHARACTERS:
        return TOO_LONG
    return next((what for pattern, what in PROBLEMS if re.search(pattern, value)), None)
