"""Which attempt, if any, a contact is due for."""

from __future__ import annotations

from dataclasses import dataclass

from campaign.model import AttemptState, History
from campaign.policy import lifecycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The contact is dialled now, as its attempt number `attempt`."""

    attempt: int


def due(history: History | None) -> Due | None:
    """Return the attempt a contact is due for, `None` where it is not dialled again.

    A contact nobody has tried is due for its first attempt; one whose last attempt certainly
    created nothing and was not its own fault, for that same attempt again; one of whose last
    attempt a person said that no call was made, for the next: its number is never used twice.
    """
    if history is None:
        return Due(attempt=1)
    if history.last.state in lifecycle.SENDABLE:
        return Due(attempt=history.last.attempt)
    if history.last.state is AttemptState.DISMISSED:
        return Due(attempt=history.last.attempt + 1)
    return None
