"""Who is dialled next: the list as it is read, and contacts that fall due later.

::

    list ──▶ due now ─────────────────────────────┐
         └─▶ due later ──▶ waiting ──▶ due now ───┼──▶ workers ──▶ call ──▶ its end ──┐
                              ▲                   ┘                                   │
                              └──────── may be dialled again ◀────────────────────────┘

What is taken from the list is about to be dialled. Contacts that wait are kept in memory up to a
bound; whoever does not fit, or whose call an earlier run placed, is found again by reading the
list once more when somebody of them falls due.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta

import anyio
from anyio.abc import TaskGroup

from campaign.dialer.admission import Admission
from campaign.dialer.bell import Bell
from campaign.dialer.clock import current_s
from campaign.dialer.handover import Handover
from campaign.dialer.plan import Dial, Plan
from campaign.dialer.settle import Settling
from campaign.dialer.stop import Stop
from campaign.dialer.waiting import Waiting
from campaign.errors import HaltError, ListError
from campaign.log import Action, Log
from campaign.model import Attempt, Contact, History
from campaign.policy import redial
from campaign.policy.admission import Later, Now
from campaign.ports import Clock, ContactFeed, Ledger

log = Log(__name__)

MOST_HOLDS = 500_000
"""Contacts whose own reason for not being called is kept; the others share one."""

READING_SHARE = 0.1
"""The list is read again no more often than that this part of the time goes into reading it."""

LOOK_S = 1.0
"""How often the end of a run is looked for while calls are live or looked for."""


class Queue:
    """The contacts of one run, in the order in which they are due.

    `holds` takes why a contact is not called now.
    `busy` tells whether a call may still end, and its contact be due again, in this run.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        ledger: Ledger,
        clock: Clock,
        feed: ContactFeed,
        stop: Stop,
        settling: Settling,
        holds: MutableMapping[str, str],
        busy: Callable[[], bool],
    ) -> None:
        self.finished = False
        self.left_over = False
        self.offering = 0
        self._plan = plan
        self._ledger = ledger
        self._clock = clock
        self._feed = feed
        self._stop = stop
        self._settling = settling
        self._admission = Admission(plan, ledger=ledger, clock=clock)
        self._holds = holds
        self._busy = busy
        self._out: set[str] = set()
        self._given_up: set[str] = set()
        self._called: dict[str, Contact] = {}
        self._ended: dict[str, Contact | None] = {}
        self._waiting = Waiting()
        self._requeues: Counter[str] = Counter()
        self._reading = False
        self._may_read_s = 0.0
        self._read_at: datetime | None = None
        self._next_run_at: datetime | None = None
        self._changed = Bell()

    @property
    def next_due(self) -> datetime | None:
        """Return when the next of those who wait falls due, as far as this run knows them."""
        times = (self._waiting.next_at, self._read_at, self._next_run_at)
        return min((at for at in times if at is not None), default=None)

    @property
    def has_left(self) -> bool:
        """Tell whether somebody who was due has not been dialled."""
        at = self._waiting.next_at
        due = self._waiting.any_unreached or (at is not None and at <= self._clock.now())
        return self.left_over or not self.finished or due

    async def run(self, handover: Handover[Dial]) -> None:
        """Hand dials to the workers until nobody falls due any more that the run stays for."""
        self._read_at = self._clock.now()
        async with anyio.create_task_group() as group:
            while not await self._step(handover, group):
                pass

    def ended(self, attempt: Attempt) -> None:
        """Take note of the end of a call: its contact may be due again."""
        contact = self._called.pop(attempt.contact_key, None)
        if attempt.call is not None and redial.may_follow(attempt.call, self._plan.redial):
            self._ended[attempt.contact_key] = contact
        self._changed.ring()

    def settled(self, dial: Dial, *, called: bool, stopped: bool) -> None:
        """Take note that a worker is through with a dial; `called` where a call may exist."""
        key = dial.contact.key
        self._out.discard(key)
        if called:
            self._called[key] = dial.contact
        else:
            self._given_up.add(key)
        self.left_over |= stopped
        if not self._reading:
            self._changed.ring()

    def dropped(self, dial: Dial) -> None:
        """Take back a dial whose worker was stopped in the moment that it was handed out."""
        self._out.discard(dial.contact.key)
        self.left_over = True

    def put_off(self, dial: Dial, at: datetime) -> None:
        """Take back a dial that a worker was told to place later."""
        self._given_up.discard(dial.contact.key)
        self._wait_for(at, dial)
        self._changed.ring()

    async def close(self) -> None:
        """Take in what ended since the last dial was handed out, for `next_due`."""
        await self._take_ended()

    async def _step(self, handover: Handover[Dial], group: TaskGroup) -> bool:
        """Do what is to be done now, or wait for it; `True` when all is done."""
        await self._take_ended()
        now = self._clock.now()
        if self._read_at is not None and self._read_at <= now and self._may_read:
            self._reading, self._read_at = True, None
            group.start_soon(self._read, handover)
        elif (dial := self._waiting.pop(now)) is not None:
            await self._settling.settle()
            for admitted in await self._admitted([dial]):
                await self._hand(handover, admitted)
        elif self._is_over(now):
            return True
        else:
            await self._rest(now)
        return False

    @property
    def _may_read(self) -> bool:
        return not self._reading and current_s() >= self._may_read_s

    def _is_over(self, now: datetime) -> bool:
        if self._reading or self._out or self._ended or self._goes_on():
            return False
        stays_until = now + timedelta(seconds=self._plan.wait_s)
        due = (self._read_at, self._waiting.next_at)
        soon = any(at is not None and at <= stays_until for at in due)
        return not soon and not self._waiting.any_unreached

    def _goes_on(self) -> bool:
        return self._plan.follow and self._busy()

    async def _rest(self, now: datetime) -> None:
        """Wait until something changes, or somebody falls due."""
        waits_s = [LOOK_S]
        if self._waiting.next_at is not None:
            waits_s.append((self._waiting.next_at - now).total_seconds())
        with anyio.move_on_after(max(0.0, min(waits_s))):
            await self._changed.heard()

    async def _read(self, handover: Handover[Dial]) -> None:
        """Go through the list once, in its order."""
        since_s, reading_s = current_s(), 0.0
        try:
            async with aclosing(self._feed()) as batches:
                async for batch in batches:
                    # What is left out is waiting for lines and for the pace, not reading.
                    reading_s += current_s() - since_s
                    for dial in await self._due(batch):
                        await self._hand(handover, dial)
                    since_s = current_s()
        except (ListError, HaltError) as error:
            # The list, or the proof that nobody on it was called, broke under the run: no new
            # call, those that are live are followed.
            self._stop.halt(error)
        self._may_read_s = current_s() + reading_s / READING_SHARE
        self.finished = True
        self._reading = False
        self._changed.ring()

    async def _due(self, batch: Sequence[Contact]) -> list[Dial]:
        dials = await self._sift(batch)
        if dials and not self._settling.done:
            await self._settling.settle()
            dials = await self._sift(batch)
        return dials

    async def _sift(self, batch: Sequence[Contact]) -> list[Dial]:
        """Return the dials that are due now; those that are due later wait."""
        histories = await self._histories([contact.key for contact in batch])
        dials = []
        for contact in batch:
            if self._has(contact.key):
                continue
            due = redial.due(histories.get(contact.key), self._plan.redial)
            if due is None:
                continue
            dial = Dial.of(contact, due, histories.get(contact.key))
            if due.at is None or due.at <= self._clock.now():
                dials.append(dial)
            else:
                self._wait_for(due.at, dial)
        return await self._admitted(dials)

    async def _admitted(self, dials: Sequence[Dial]) -> list[Dial]:
        """Return the dials that may be placed now; the others wait, or are held for good."""
        admitted = []
        for dial, verdict in zip(dials, await self._admission.judge(dials), strict=True):
            if isinstance(verdict, Now):
                admitted.append(dial)
                continue
            if len(self._holds) < MOST_HOLDS:
                self._holds[dial.contact.key] = verdict.reason
            at = verdict.at if isinstance(verdict, Later) else None
            log.debug(Action.HELD, verdict.reason, number=dial.contact.to_number, until=at)
            if at is not None:
                self._wait_for(at, dial)
        return admitted

    def _has(self, key: str) -> bool:
        """Tell whether this run has a contact in hand, or is through with it."""
        hands = (self._out, self._called, self._ended, self._waiting, self._given_up)
        return any(key in hand for hand in hands)

    async def _take_ended(self) -> None:
        """Find out who of those whose call has ended is due again, and when."""
        while self._ended:
            ended, self._ended = self._ended, {}
            histories = await self._histories(list(ended))
            for key, contact in ended.items():
                due = redial.due(histories.get(key), self._plan.redial)
                if due is not None:
                    self._again(contact, due, histories[key])

    def _again(self, contact: Contact | None, due: redial.Due, history: History) -> None:
        at = due.at or self._clock.now()
        if due.unreached:
            key = history.last.contact_key
            wait_s = redial.requeue_s(self._requeues[key])
            if wait_s is None:
                self._next_run_at = _earlier(self._next_run_at, at)
                return
            self._requeues[key] += 1
            at += timedelta(seconds=wait_s)
        if contact is None:
            self._read_at = _earlier(self._read_at, at)
        else:
            self._wait_for(at, Dial.of(contact, due, history), unreached=due.unreached)

    def _wait_for(self, at: datetime, dial: Dial, *, unreached: bool = False) -> None:
        """Keep a contact until it is due; one too many is found again in the list then."""
        if not self._waiting.push(at, dial, unreached=unreached):
            self._read_at = _earlier(self._read_at, at)

    async def _histories(self, keys: Sequence[str]) -> Mapping[str, History]:
        return await self._ledger.histories(self._plan.campaign, keys)

    async def _hand(self, handover: Handover[Dial], dial: Dial) -> None:
        self._out.add(dial.contact.key)
        self.offering += 1
        handed = False
        try:
            await handover.give(dial)
            handed = True
        finally:
            self.offering -= 1
            if not handed:
                self.dropped(dial)


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other)
