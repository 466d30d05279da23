"""What a `Store` knows of numbers apart from their attempts: suppressed, held back, forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from campaign.ledger import telling
from campaign.ledger.fold import storable
from campaign.ledger.forgetting import hidden, names
from campaign.model import Episode, Hold, Suppression


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of the suppression list."""

    number: str
    at: datetime
    added: bool
    reason: str


class Persons:
    """The suppression list with its past, the holds by contact and reason, and the hashes."""

    def __init__(self) -> None:
        self.secret: bytes | None = None
        self.forgotten: dict[str, datetime] = {}
        self.changes: list[Change] = []
        self.holds: dict[tuple[str, str, str, str], Hold] = {}
        self._newest: dict[str, Change] = {}

    def names(self, value: str) -> tuple[str, ...]:
        """Return all names under which `value` may be kept."""
        return names(self.secret, value)

    def hidden_number(self, number: str) -> str | None:
        """Return the hash of a number that was forgotten, `None` for another one."""
        name = self.names(number)[-1]
        return name if name in self.forgotten else None

    def reason(self, number: str) -> str | None:
        """Return why a number is on the suppression list, `None` where it is not."""
        newest = self._newest.get(self.hidden_number(number) or number)
        return newest.reason if newest is not None and newest.added else None

    def suppress(self, suppressions: Sequence[Suppression]) -> int:
        """Put numbers on the list; return how many were not on it."""
        return sum(
            self._change(one.number, one.at, added=True, reason=one.reason) for one in suppressions
        )

    def unsuppress(self, numbers: Sequence[str], at: datetime) -> int:
        """Take numbers off the list; return how many were on it."""
        return sum(self._change(number, at, added=False, reason="") for number in numbers)

    def suppressions(self) -> Iterator[Suppression]:
        """Iterate over the numbers on the list, oldest first."""
        listed = [one for one in self.changes if self._newest[one.number] is one and one.added]
        for one in sorted(listed, key=lambda one: one.at):
            yield Suppression(number=one.number, reason=one.reason, at=one.at)

    def hold(self, hold: Hold) -> None:
        """Remember a hold, or renew its time; it has its contact's own names already."""
        hold = replace(hold, reason=storable(hold.reason))
        place = (hold.campaign, hold.contact_key, hold.kind, hold.reason)
        known = self.holds.get(place)
        at = hold.at if known is None else max(known.at, hold.at)
        self.holds[place] = replace(hold, at=at)

    def episodes(self, number: str) -> Iterator[Episode]:
        """Iterate over what is known of a number here."""
        known = self.names(number)
        for hold in self.holds.values():
            if hold.to_number in known:
                yield telling.held_back(hold.at, hold.campaign, hold.kind, hold.reason)
        for one in self.changes:
            if one.number in known:
                yield telling.listed(one.at, one.reason, added=one.added)

    def forget(self, secret: bytes, number: str, at: datetime) -> None:
        """Put a hash in the place of a number, and let its holds go."""
        name = hidden(secret, number)
        self.forgotten.setdefault(name, at)
        self.holds = {
            place: hold
            for place, hold in self.holds.items()
            if hold.to_number not in {number, name}
        }
        self.changes = [
            replace(one, number=name) if one.number == number else one for one in self.changes
        ]
        self._newest = {one.number: one for one in self.changes}

    def forget_contact(self, campaign: str, key: str) -> None:
        """Let the holds of a contact go."""
        self.holds = {
            place: hold for place, hold in self.holds.items() if place[:2] != (campaign, key)
        }

    def _change(self, number: str, at: datetime, *, added: bool, reason: str) -> bool:
        if (self.reason(number) is not None) is added:
            return False
        name = self.hidden_number(number) or number
        change = Change(number=name, at=at, added=added, reason=storable(reason))
        self.changes.append(change)
        self._newest[name] = change
        return True
