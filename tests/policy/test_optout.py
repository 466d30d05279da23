"""Who asked not to be called again."""

from __future__ import annotations

from typing import Any

import pytest

from campaign.model import Call
from campaign.policy.optout import opted_out


@pytest.mark.parametrize(
    ("said", "field", "expected"),
    [
        ({"disconnection_reason": "user_requested_dnc"}, None, True),
        ({"disconnection_reason": "user_hangup"}, None, False),
        ({"analysis": {"do_not_call": True}}, "do_not_call", True),
        ({"analysis": {"do_not_call": " Yes "}}, "do_not_call", True),
        ({"analysis": {"do_not_call": 1}}, "do_not_call", True),
        ({"analysis": {"do_not_call": False}}, "do_not_call", False),
        ({"analysis": {"do_not_call": "no"}}, "do_not_call", False),
        ({"analysis": {"do_not_call": ["yes"]}}, "do_not_call", False),
        ({"analysis": {"do_not_call": True}}, None, False),
        ({"analysis": {}}, "do_not_call", False),
        ({}, "do_not_call", False),
    ],
)
def test_opted_out(said: dict[str, Any], field: str | None, *, expected: bool) -> None:
    """By the end of the call, or by the entry of its analysis that was named."""
    reason = opted_out(Call(call_id="c", status="ended", **said), field)
    assert expected == (reason is not None)
