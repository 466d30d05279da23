"""Calls of the page before: what says the same again is not read again.

A listing is asked for again and again, and most of its calls say what they said the last time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from pydantic_core import to_json

from campaign.model import Call
from campaign.retell.wire_calls import CallAnswer, to_call

A = TypeVar("A", bound=CallAnswer)


class Seen:
    """Reads the items of listings, and remembers those of the newest page."""

    def __init__(self) -> None:
        self._page: dict[tuple[type[CallAnswer], bytes], tuple[CallAnswer, Call | None]] = {}

    def read(self, items: Sequence[dict[str, Any]], kind: type[A]) -> list[tuple[A, Call | None]]:
        """Return what each item says, and the call that it is, `None` where it has no id."""
        before, self._page = self._page, {}
        found = []
        for item in items:
            # By its text and not as a dictionary, where 1 and true would be the same.
            key = (kind, to_json(item))
            known = before.get(key)
            if known is None:
                answer = kind.model_validate(item)
                known = (answer, to_call(answer, status=""))
            self._page[key] = known
            found.append(cast(tuple[A, Call | None], known))
        return found
