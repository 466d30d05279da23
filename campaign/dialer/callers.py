"""The caller numbers of one run: who calls whom, and which of them no longer do."""

from __future__ import annotations

from collections.abc import Sequence

from campaign.model import Contact
from campaign.policy import callers


class Callers:
    """A pool of caller numbers; with `near`, a contact is called by one that is near to it."""

    def __init__(self, pool: Sequence[str], near: bool) -> None:  # noqa: FBT001
        self._pool = tuple(pool)
        self._near = near
        self._retired: frozenset[str] = frozenset()

    @property
    def retired(self) -> frozenset[str]:
        """Return the numbers that call nobody any more, contacts' own ones included."""
        return self._retired

    @property
    def exhausted(self) -> bool:
        """Tell whether every number of the pool is retired."""
        return bool(self._pool) and self._retired.issuperset(self._pool)

    def of(self, contact: Contact, before: str | None) -> str | None:
        """Return the caller number of a contact, `None` where it has none left.

        A contact's own number is its only one; else the one that called it `before` comes first.
        """
        if contact.from_number is not None:
            return None if contact.from_number in self._retired else contact.from_number
        return callers.choose(
            self._pool,
            key=contact.key,
            to_number=contact.to_number,
            before=before,
            retired=self._retired,
            near=self._near,
        )

    def retire(self, number: str) -> None:
        """Let a number call nobody any more."""
        self._retired |= {number}
