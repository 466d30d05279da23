"""Rows of the ledger column by column, for whoever reads millions of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Columns = Sequence[Sequence[Any]]
"""A batch of rows, column by column."""

STANDING = ("contact_key", "attempt", "state", "outcome", "error", "disconnection_reason")
"""Of an attempt, what its contact's verdict is made from; `outcome` is `disposition.of_attempt`."""

TRIED = (
    *STANDING,
    "to_number",
    "from_number",
    "agent_id",
    "placed_at",
    "call_id",
    "call_status",
    "call_agent_id",
    "started_at",
    "ended_at",
    "duration_s",
    "cost_usd",
    "summary",
    "sentiment",
    "successful",
    "analysis",
    "collected",
    "recording_url",
)
"""Of an attempt, all that results show. Moments are microseconds since 1970, mappings are such."""
