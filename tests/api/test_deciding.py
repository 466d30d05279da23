"""What is decided of a whole list is what would be decided of each of its contacts by itself."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from campaign.api import deciding
from campaign.api.deciding import OCCUPIED, SAMPLES, Decided, Decider
from campaign.api.hours import calling_hours, where
from campaign.api.redials import policy_of
from campaign.api.suppressing import screened_now
from campaign.config import Settings
from campaign.contacts import heading, read_list
from campaign.contacts.screen import Listing
from campaign.ledger.memory import MemoryLedger
from campaign.model import (
    NOWHERE,
    Begun,
    Call,
    Campaign,
    Contact,
    Event,
    EventKind,
    Intent,
    Suppression,
)
from campaign.policy import admission, redial
from campaign.policy.admission import Later, Now
from campaign.policy.caps import longest_window_s

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
"""Noon in New York, nine in Los Angeles, five in London; a Monday."""

NUMBERS = [
    *(f"+1212555{n:04d}" for n in range(120, 132)),
    *(f"+1310555{n:04d}" for n in range(120, 126)),
    *(f"+44740012{n:04d}" for n in range(3450, 3454)),
    *("+18005550125", "+881612345678", "+12085550124"),
]
REASONS = ("dial_busy", "dial_no_answer", "agent_hangup", "concurrency_limit_reached")


def one_by_one(decider: Decider, listing: Listing, known: _Known) -> Iterator[_Verdict]:
    """Yield (contact, why it is held or None, when it may be called, redials left) of each."""
    every = [one for batch in listing.contacts() for one in batch]
    for contact in every:
        due = redial.due(known.histories.get(contact.key), policy_of(decider.settings))
        if contact.to_number in known.suppressed or due is None:
            continue
        tries = max(decider.settings.attempts - due.attempt, 0)
        if due.at is not None and due.at > NOW:
            yield contact, None, due.at, tries
            continue
        verdict: Any = Later(at=None, reason=OCCUPIED)
        if contact.to_number not in known.occupied:
            verdict = admission.admit(
                contact,
                now=NOW,
                opening=decider.hours.opening,
                calls_at=known.calls.get(contact.to_number, ()),
                caps=decider.hours.caps(contact),
                min_gap_s=decider.settings.min_gap,
            )
        reason = None if isinstance(verdict, Now) else verdict.reason
        yield contact, reason, verdict.at if isinstance(verdict, Later) else None, tries


_Verdict = tuple[Contact, str | None, datetime | None, int]


class _Known:
    """All that a ledger knows of all contacts, asked for in one go."""

    def __init__(self, **known: Any) -> None:
        self.histories = known["histories"]
        self.suppressed = known["suppressed"]
        self.occupied = known["occupied"]
        self.calls = known["calls"]


async def asked(decider: Decider, listing: Listing) -> _Known:
    """Ask the ledger about every contact of a list."""
    ledger = decider.ledger
    every = [one for batch in listing.contacts() for one in batch]
    numbers = [one.to_number for one in every]
    caps = {cap for one in every for cap in decider.hours.caps(one)}
    window_s = longest_window_s(caps, decider.settings.min_gap)
    return _Known(
        histories=await ledger.histories("spring", [one.key for one in every]),
        suppressed=await ledger.suppressed(numbers),
        occupied=await ledger.occupied(numbers),
        calls=await ledger.calls_to(numbers, NOW - timedelta(seconds=window_s)),
    )


def counted(verdicts: list[_Verdict], *, any_hour: bool) -> dict[str, Any]:
    """Count verdicts, in the order of the list, as a check tells them."""
    reasons: Counter[str] = Counter()
    samples: dict[str, list[tuple[int, str]]] = {}
    waiting: Counter[Any] = Counter()
    dues = []
    for contact, reason, at, tries in verdicts:
        if reason is not None:
            head = heading(reason).partition(" (")[0]
            reasons[head] += 1
            samples.setdefault(head, []).append((contact.row + 1, reason))
        if reason is None or at is not None:
            dues += [] if at is None else [at]
            waiting[NOWHERE if any_hour else where(contact), at is None, tries] += 1
    return {
        "reasons": list(reasons.most_common()),
        "samples": {head: rows[:SAMPLES] for head, rows in samples.items()},
        "waiting": list(waiting.items()),
        "next_due": min(dues, default=None),
    }


def told(decider: Decider, decided: Decided) -> dict[str, Any]:
    """Return the same of what was decided; of several waits at one place, their sum."""
    waiting: Counter[Any] = Counter()
    for turn in sorted(decided.waiting, key=decided.first.__getitem__):
        waiting[turn[0], turn[1] is None, turn[2]] += decided.waiting[turn]
    assert sum(waiting.values()) == sum(group.calls for group in decider.groups(decided))
    return {
        "reasons": list(decided.most_common().items()),
        "samples": {
            head: [(one.row, one.reason) for one in rows] for head, rows in decided.samples.items()
        },
        "waiting": list(waiting.items()),
        "next_due": decided.next_due,
    }


async def some_history(rng: random.Random, ledger: MemoryLedger, *, forget: bool) -> None:
    """Put calls of two campaigns into a ledger, some of them live, and a few suppressions."""
    for name in ("spring", "winter"):
        await ledger.open_campaign(Campaign(name=name, campaign_id=f"cmp_{name}", created_at=NOW))
    for n, number in enumerate(rng.sample(NUMBERS, 14)):
        at = NOW - timedelta(hours=rng.choice((0.2, 3, 20, 30, 200)))
        intent = Intent(
            campaign=rng.choice(("spring", "winter")),
            contact_key=number,
            attempt=1,
            attempt_id=f"att_{n}",
            to_number=number,
            from_number="+14157774444",
            agent_id=None,
            at=at,
            starts_at=at,
            interval_s=0.0,
            window=0,
        )
        begun = await ledger.begin(intent)
        assert isinstance(begun, Begun)
        kinds = rng.choice(
            ((), (EventKind.THROTTLED,), (EventKind.CREATED,), *[(EventKind.CREATED, "ended")] * 4)
        )
        for kind in kinds:
            ended = kind == "ended"
            call = Call(
                call_id=f"call_{n}",
                status="ended" if ended else "registered",
                disconnection_reason=rng.choice(REASONS) if ended else None,
                ended_at=at + timedelta(minutes=2) if ended else None,
            )
            made = call if kind != EventKind.THROTTLED else None
            event = EventKind.ENDED if ended else EventKind(kind)
            await ledger.record(Event(id=begun.id, kind=event, at=at, call=made))
        if forget and kinds and kinds[-1] == "ended" and rng.random() < 0.4:
            await ledger.forget(number, NOW)
    for number in rng.sample(NUMBERS, 2):
        await ledger.suppress([Suppression(number=number, reason="asked", at=NOW)])


@pytest.mark.parametrize("seed", range(24))
def test_as_each_by_itself(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reasons, samples, calls by place and the next moment are those of all contacts together."""
    rng = random.Random(seed)
    monkeypatch.setattr(deciding, "BATCH", 5)
    settings = Settings.model_validate(
        {
            "hours": rng.choice(("any", "09:00-20:00", "10:00-18:00")),
            "max_per_number": rng.choice(("any", "1/24h", "2/7d")),
            "min_gap": rng.choice(("0s", "1h")),
            "attempts": rng.choice((1, 3)),
            "redial_after": rng.choice(("30m", "1d")),
        }
    )
    numbers = [rng.choice([*NUMBERS, "12"]) for _ in range(60)]
    zones = [rng.choice(("", "", "Europe/Paris", "America/Denver")) for _ in numbers]
    listing = read_list(
        pl.DataFrame({"phone": numbers, "timezone": zones}), locate=settings.hours != "any"
    )

    async def work() -> tuple[dict[str, Any], dict[str, Any]]:
        ledger = MemoryLedger()
        if seed % 6:
            await some_history(rng, ledger, forget=seed % 3 == 0)
        decider = Decider(
            settings=settings,
            campaign="spring",
            hours=calling_hours(settings, NOW),
            ledger=ledger,
            now=NOW,
        )
        decided = await decider.decide(listing, await screened_now(listing, ledger))
        verdicts = list(one_by_one(decider, listing, await asked(decider, listing)))
        any_hour = decider.hours.any_hour
        return counted(verdicts, any_hour=any_hour), told(decider, decided)

    expected, found = asyncio.run(work())
    assert expected == found
