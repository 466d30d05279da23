"""Asks, for contacts that are due, whether they may be called now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from campaign.dialer.plan import Dial, Plan
from campaign.policy import admission
from campaign.policy.admission import Later, Never, Now
from campaign.policy.caps import Cap, longest_window_s
from campaign.ports import Clock, Ledger


class Admission:
    """Judges dials by hours, suppression list and caps, as they are at that moment."""

    def __init__(self, plan: Plan, *, ledger: Ledger, clock: Clock) -> None:
        self._plan = plan
        self._ledger = ledger
        self._clock = clock

    async def judge(self, dials: Sequence[Dial]) -> list[Now | Later | Never]:
        """Return a verdict for each dial, in order."""
        numbers = [dial.contact.to_number for dial in dials]
        suppressed = await self._ledger.suppressed(numbers)
        caps = [self._plan.caps(dial.contact) for dial in dials]
        calls = await self._calls(numbers, caps)
        now = self._clock.now()
        return [
            admission.admit(
                dial.contact,
                now=now,
                opening=self._plan.opening,
                suppressed=suppressed.get(dial.contact.to_number),
                calls_at=calls.get(dial.contact.to_number, ()),
                caps=caps_of,
                min_gap_s=self._plan.min_gap_s,
            )
            for dial, caps_of in zip(dials, caps, strict=True)
        ]

    async def _calls(
        self, numbers: Sequence[str], caps: Sequence[tuple[Cap, ...]]
    ) -> Mapping[str, Sequence[datetime]]:
        """Return the calls that matter to any of the caps; nothing is asked for without one."""
        every = {cap for caps_of in caps for cap in caps_of}
        if not every and self._plan.min_gap_s <= 0:
            return {}
        window_s = longest_window_s(every, self._plan.min_gap_s)
        return await self._ledger.calls_to(numbers, self._clock.now() - timedelta(seconds=window_s))
