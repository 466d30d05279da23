"""Numbers that a person types: read as the cells of a list are."""

from __future__ import annotations

from campaign.contacts.phone import check_region, judge
from campaign.errors import UsageError
from campaign.policy.masking import mask


def number_of(text: str, region: str | None) -> str:
    """Return a number in E.164; `UsageError` says why a text is none."""
    judged = judge(text, check_region(region))
    if judged.number is None:
        raise UsageError(f"{mask(text)!r} cannot be used: {judged.reason}")
    return judged.number
