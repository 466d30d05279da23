"""Who asked not to be called again: what a call says of it."""

from __future__ import annotations

from campaign.model import Call

REASON = "user_requested_dnc"
"""The disconnection reason of a person who asked for it."""

SAID = frozenset({"true", "yes", "y", "1"})


def opted_out(call: Call, field: str | None) -> str | None:
    """Return why the number of a call must not be called again, `None` where nothing says so.

    `field` names an entry of the custom analysis: a true value, or a text that says yes.
    """
    if call.disconnection_reason == REASON:
        return "asked during a call not to be called again"
    if field is None or call.analysis is None:
        return None
    value = call.analysis.get(field)
    said = value is True or (isinstance(value, str | int) and str(value).strip().lower() in SAID)
    return f"the analysis of a call says {field}" if said else None
