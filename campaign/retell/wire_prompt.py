"""The bodies that say what an agent's prompt is, and the variables that it uses.

Only prompts that the provider holds itself are known; an agent of another kind has none to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from campaign.retell.wire import load_object

NAME = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")

FILLED = re.compile(
    r"(current_time|current_calendar|session_duration).*"
    r"|direction|user_number|agent_number|call_id|call_type|session_type"
)
"""Names that the provider fills itself."""


def llm_of(body: bytes) -> str | None:
    """Read which prompt an agent speaks from; `None` where it is none of the provider's own."""
    engine = (load_object(body) or {}).get("response_engine")
    llm = engine.get("llm_id") if isinstance(engine, dict) else None
    return llm if isinstance(llm, str) and llm else None


def names_in(body: bytes) -> frozenset[str] | None:
    """Read the variables of a prompt, its states and its first words; `None` for no object."""
    fields = load_object(body)
    if fields is None:
        return None
    return frozenset(
        name for text in _texts(fields) for name in NAME.findall(text) if not FILLED.fullmatch(name)
    )


def _texts(fields: dict[str, Any]) -> Iterator[str]:
    states = fields.get("states")
    parts = (
        [state for state in states if isinstance(state, dict)] if isinstance(states, list) else []
    )
    candidates = [
        fields.get("general_prompt"),
        fields.get("begin_message"),
        *(state.get("state_prompt") for state in parts),
    ]
    yield from (text for text in candidates if isinstance(text, str))
