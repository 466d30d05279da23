"""Both ledgers and a small model of them, through whatever a campaign's life may bring.

Intents, answers, doubts, verdicts, calls found at the provider, numbers that are suppressed and
released, caps, clean ends and crashes, in any order: both ledgers always say the same, what the
model says, and nothing that was said is lost.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from campaign.errors import LedgerError
from campaign.ledger.found import Place
from campaign.ledger.memory import MemoryLedger
from campaign.ledger.sqlite import SqliteLedger
from campaign.ledger.store import Store
from campaign.model import (
    Attempt,
    AttemptState,
    Begun,
    Call,
    Campaign,
    Capped,
    Event,
    EventKind,
    Found,
    Held,
    History,
    Intent,
    Spending,
    Suppressed,
    Suppression,
)
from campaign.policy import caps, disposition, lifecycle, purse, redial
from campaign.policy.lifecycle import IllegalMoveError
from campaign.ports import TRIED, Columns, Ledger

pytestmark = pytest.mark.no_cover

T = TypeVar("T")
S, E = AttemptState, EventKind
T0 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
CAMPAIGNS = ("spring", "autumn")
KEYS = ("ada", "bob", "cy")
NUMBERS = {"ada": "+14155550100", "bob": "+14155550101", "cy": "+14155550100"}
"""Two contacts share a number."""
WRONG = "+14155550177"
WITH_CALL = {E.CREATED, E.OBSERVED, E.ENDED, E.ADOPTED}
FROM_THE_WIRE = [kind for kind in EventKind if kind is not E.INTENT]

PLACES = st.tuples(st.sampled_from(CAMPAIGNS), st.sampled_from(KEYS), st.integers(1, 3))
STATUSES = ["registered", "ongoing", "ended", "not_connected", "error"]
REASONS = [None, "user_hangup", "dial_busy", "dial_failed", "sip_routing_error"]
Said = dict[str, Any]
SAID = st.fixed_dictionaries(
    {
        "status": st.sampled_from(STATUSES),
        "disconnection_reason": st.sampled_from(REASONS),
        "cost_usd": st.sampled_from([None, None, 0.0, 0.25]),
    }
)
CAPS = [(), (), (), ((1, 600.0),), ((2, 1800.0), (1, 60.0))]
GAPS_S = [0.0, 0.0, 0.0, 300.0]
SAYS_LITTLE: Said = {"status": "registered"}


@dataclass(slots=True, kw_only=True)
class Known:
    """What the model knows of one attempt."""

    id: int
    to_number: str
    state: AttemptState = S.SENDING
    sends: int = 1
    call_id: str | None = None

    def takes(self, kind: EventKind, call_id: str | None) -> None:
        """Move as the lifecycle says."""
        self.state = lifecycle.advance(self.state, kind)
        self.sends += kind is E.RESENT
        self.call_id = call_id or self.call_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """What stood when an intent was admitted: its number's calls and whether it was suppressed."""

    intent: Intent
    calls_at: list[datetime]
    suppressed: bool

    def is_over(self) -> bool:
        """Tell whether a cap or the gap forbade it."""
        ages_s = [(self.intent.at - at).total_seconds() for at in self.calls_at]
        return any(age_s < self.intent.min_gap_s for age_s in ages_s) or any(
            sum(age_s < window_s for age_s in ages_s) >= calls
            for calls, window_s in self.intent.caps
        )


def call_id_of(place: Place) -> str:
    """Return the id of the call that an attempt leads to."""
    return "call " + " ".join(map(str, place))


class Ledgers(RuleBasedStateMachine):
    """Two ledgers in lockstep with a model."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "0" / "campaign.db"
        self.path.parent.mkdir()
        self.store = Store()
        self.model: dict[Place, Known] = {}
        self.calls: dict[Place, str | None] = {}
        self.suppressed: dict[str, str] = {}
        self.admitted: list[Admitted] = []
        self.seen: list[tuple[Any, ...]] = []
        self.minutes = 0
        self.crashes = 0

    @initialize()
    def begin_campaigns(self) -> None:
        """Open the campaigns in both."""
        self.open()
        for name in CAMPAIGNS:
            self.both("open_campaign", Campaign(name=name, campaign_id=name, created_at=T0))

    def open(self) -> None:
        """Open both ledgers over what is there."""
        self.sqlite = SqliteLedger.open(self.path, check=True)
        self.memory = MemoryLedger(self.store)

    def close(self) -> None:
        """Close both."""
        for ledger in (self.sqlite, self.memory):
            self.run(ledger.aclose())

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """Return what a coroutine returns."""
        return self.loop.run_until_complete(doing)

    def both(self, method: str, *arguments: Any) -> Any:
        """Do the same with both ledgers; return or raise what both of them do."""
        answers = [self.outcome(ledger, method, arguments) for ledger in (self.sqlite, self.memory)]
        first, second = answers
        assert (type(first), str(first)) == (type(second), str(second))
        if isinstance(first, Exception):
            raise first
        assert first == second
        return first

    def outcome(self, ledger: Ledger, method: str, arguments: tuple[Any, ...]) -> Any:
        """Return what a method returns or raises."""
        try:
            return self.run(getattr(ledger, method)(*arguments))
        except (LedgerError, IllegalMoveError) as error:
            return error

    def now(self) -> datetime:
        """Return a moment that is later each time."""
        self.minutes += 1
        return T0 + timedelta(minutes=self.minutes)

    @rule(
        place=PLACES,
        moved=st.sampled_from([False] * 7 + [True]),
        caps_of=st.sampled_from(CAPS),
        gap_s=st.sampled_from(GAPS_S),
    )
    def begin(
        self, place: Place, *, moved: bool, caps_of: tuple[tuple[int, float], ...], gap_s: float
    ) -> None:
        """Begin an intent, to another number maybe: it may, where nothing speaks against it."""
        self.intend(place, moved=moved, caps_of=caps_of, gap_s=gap_s)

    @precondition(lambda self: self.of(S.ENDED))
    @rule(
        data=st.data(),
        attempt=st.integers(1, 3),
        caps_of=st.sampled_from(CAPS[2:]),
        gap_s=st.sampled_from(GAPS_S),
    )
    def begin_again(
        self,
        data: st.DataObject,
        *,
        attempt: int,
        caps_of: tuple[tuple[int, float], ...],
        gap_s: float,
    ) -> None:
        """Call somebody again who has been called, in any campaign."""
        _, key, _ = data.draw(st.sampled_from(self.of(S.ENDED)))
        campaign = data.draw(st.sampled_from(CAMPAIGNS))
        self.intend((campaign, key, attempt), moved=False, caps_of=caps_of, gap_s=gap_s)

    def intend(
        self, place: Place, *, moved: bool, caps_of: tuple[tuple[int, float], ...], gap_s: float
    ) -> None:
        """Begin an intent in both ledgers and the model."""
        campaign, key, attempt = place
        number = WRONG if moved else NUMBERS[key]
        at = self.now()
        intent = Intent(
            campaign=campaign,
            contact_key=key,
            attempt=attempt,
            attempt_id=" ".join(map(str, place)),
            to_number=number,
            from_number="+14155550199",
            agent_id=None,
            at=at,
            starts_at=at,
            caps=caps_of,
            min_gap_s=gap_s,
        )
        standing = Admitted(
            intent=intent, calls_at=self.calls_to(number), suppressed=number in self.suppressed
        )
        answer = self.both("begin", intent)
        known = self.model.get(place)
        if isinstance(answer, Begun):
            self.admitted.append(standing)
        if number in self.suppressed:
            assert answer == Suppressed(reason=self.suppressed[number])
        elif self.is_busy(place, number) or (known and known.state not in lifecycle.SENDABLE):
            assert isinstance(answer, Held)
        elif standing.is_over():
            assert isinstance(answer, Capped)
            assert answer.free_at > at
        elif known is None:
            assert answer == Begun(id=len(self.model) + 1)
            self.model[place] = Known(id=answer.id, to_number=number)
        else:
            assert answer == Begun(id=known.id)
            known.state, known.sends, known.to_number = S.SENDING, known.sends + 1, number

    def calls_to(self, number: str) -> list[datetime]:
        """Return when a number got calls that count, as its attempts tell."""
        attempts = [one for name in CAMPAIGNS for one in self.memory.attempts(name)]
        return sorted(
            one.intent_at for one in attempts if one.to_number == number and caps.counts(one)
        )

    @rule(number=st.sampled_from([*NUMBERS.values(), WRONG]), reason=st.sampled_from(["a", "b"]))
    def suppress(self, number: str, reason: str) -> None:
        """Put a number on the suppression list."""
        new = Suppression(number=number, reason=reason, at=self.now())
        assert self.both("suppress", [new]) == (number not in self.suppressed)
        self.suppressed.setdefault(number, reason)

    @precondition(lambda self: self.suppressed)
    @rule(data=st.data())
    def unsuppress(self, data: st.DataObject) -> None:
        """Take one number off the list, and with it one that is not on it."""
        number = data.draw(st.sampled_from(sorted(self.suppressed)))
        assert self.both("unsuppress", [number, "+14155550178"], self.now()) == 1
        del self.suppressed[number]

    def is_busy(self, place: Place, number: str) -> bool:
        """Tell whether a number, or a contact by any number, may have a call."""
        return any(
            known.to_number == number or other[:2] == place[:2]
            for other, known in self.model.items()
            if known.state in lifecycle.IN_FLIGHT
        )

    @precondition(lambda self: self.model)
    @rule(data=st.data(), kind=st.sampled_from(FROM_THE_WIRE), said=SAID)
    def record(self, data: st.DataObject, kind: EventKind, said: Said) -> None:
        """Record an event: it moves its attempt as the lifecycle says, or raises."""
        place = data.draw(st.sampled_from(sorted(self.model)))
        self.say(place, kind, said)

    @precondition(lambda self: self.of(S.SENDING))
    @rule(data=st.data(), said=SAID)
    def call(self, data: st.DataObject, said: Said) -> None:
        """Place a call, and see it end."""
        place = data.draw(st.sampled_from(self.of(S.SENDING)))
        self.say(place, E.CREATED, SAYS_LITTLE)
        self.say(place, E.ENDED, said)

    @precondition(lambda self: self.of(S.LIVE))
    @rule(data=st.data(), said=SAID, opt_out=st.sampled_from([None] * 7 + ["asked"]))
    def end(self, data: st.DataObject, said: Said, opt_out: str | None) -> None:
        """End a call, in whatever way."""
        self.say(data.draw(st.sampled_from(self.of(S.LIVE))), E.ENDED, said, opt_out)

    @precondition(lambda self: self.of(S.UNKNOWN))
    @rule(data=st.data(), kind=st.sampled_from([E.CALLED, E.NOT_CALLED, E.RESENT]))
    def decide(self, data: st.DataObject, kind: EventKind) -> None:
        """Go on from what is unknown, by a person's word or a resend."""
        self.say(data.draw(st.sampled_from(self.of(S.UNKNOWN))), kind, SAYS_LITTLE)

    def of(self, state: AttemptState) -> list[Place]:
        """Return the attempts in a state."""
        return sorted(place for place, known in self.model.items() if known.state is state)

    def say(self, place: Place, kind: EventKind, said: Said, opt_out: str | None = None) -> None:
        """Record an event in both ledgers and the model."""
        known = self.model[place]
        call_id = known.call_id or call_id_of(place)
        call = Call(call_id=call_id, **said) if kind in WITH_CALL else None
        event = Event(id=known.id, kind=kind, at=self.now(), call=call, opt_out=opt_out)
        if (known.state, kind) not in lifecycle.TABLE:
            with pytest.raises(IllegalMoveError):
                self.both("record", event)
            return
        known.takes(kind, call.call_id if call else None)
        attempt: Attempt = self.both("record", event)
        assert (attempt.state, attempt.sends) == (known.state, known.sends)
        if opt_out is not None:
            self.suppressed.setdefault(known.to_number, opt_out)

    @rule(
        finds=st.lists(
            st.tuples(
                PLACES,
                SAID,
                st.sampled_from(["right"] * 12 + ["none", "none", "number", "call", "asks"]),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def adopt(self, finds: list[tuple[Place, Said, str]]) -> None:
        """Adopt a page of calls: all of it, or, where one contradicts, none."""
        page = [self.found(*find) for find in finds]
        copies = {place: replace(known) for place, known in self.model.items()}
        taken: dict[Place, AttemptState] = {}
        asked: list[str] = []
        for (place, _, _), found in zip(finds, page, strict=True):
            known = copies.get(place)
            if known is not None and (
                known.call_id == found.call.call_id or known.state is S.SENDING
            ):
                continue
            if _contradicts(known, found):
                with pytest.raises(LedgerError):
                    self.both("adopt", page)
                return
            copies[place] = known = known or Known(
                id=len(copies) + 1, to_number=str(found.call.to_number), state=S.UNKNOWN
            )
            known.state, known.call_id = S.LIVE, found.call.call_id
            if disposition.has_ended(found.call):
                known.state = S.ENDED
            taken[place] = known.state
            asked += [known.to_number] if found.opt_out else []
        adopted: list[Attempt] = self.both("adopt", page)
        self.model = copies
        self.suppressed = dict.fromkeys(asked, "asked") | self.suppressed
        assert [(_place_of(one), one.state) for one in adopted] == list(taken.items())

    def found(self, place: Place, said: Said, flaw: str) -> Found:
        """Return a call at the provider, with a flaw maybe."""
        campaign, key, attempt = place
        number = {"none": None, "number": WRONG}.get(flaw, NUMBERS[key])
        call_id = "another call" if flaw == "call" else call_id_of(place)
        return Found(
            campaign=campaign,
            contact_key=key,
            attempt=attempt,
            attempt_id=" ".join(map(str, place)),
            call=Call(call_id=call_id, to_number=number, **said),
            at=self.now(),
            opt_out="asked" if flaw == "asks" else None,
        )

    @rule(campaign=st.sampled_from(CAMPAIGNS))
    def orphans(self, campaign: str) -> None:
        """Doubt what a run was sending, in its own campaign only."""
        left = [place for place in self.of(S.SENDING) if place[0] == campaign]
        assert self.both("orphans", campaign, self.now()) == len(left)
        for place in left:
            self.model[place].state = S.UNKNOWN

    @rule()
    def reopen(self) -> None:
        """End a run, and begin another one."""
        self.close()
        self.open()

    @rule()
    def crash(self) -> None:
        """Kill a run: the file and its log are all that the next one has."""
        self.crashes += 1
        folder = self.folder / str(self.crashes)
        folder.mkdir()
        for name in ("campaign.db", "campaign.db-wal"):
            shutil.copyfile(self.path.with_name(name), folder / name)
        self.close()
        self.path = folder / "campaign.db"
        self.open()

    @invariant()
    def all_agree(self) -> None:
        """Check that both ledgers say of every attempt what the model says."""
        view = self.run(_view(self.sqlite))
        assert view == self.run(_view(self.memory))
        flying = {
            known.id: known.to_number
            for known in self.model.values()
            if known.state in lifecycle.IN_FLIGHT
        }
        assert {_place_of(one): _known_of(one) for one in view.attempts} == self.model
        assert {one.id: one.to_number for one in view.in_flight} == flying
        assert view.occupied == set(flying.values())
        assert view.calls == sum(known.call_id is not None for known in self.model.values())
        assert view.intents == len(self.model)
        shares = [[one for one in view.attempts if one.campaign == name] for name in CAMPAIGNS]
        assert view.spending == [_spending(own) for own in (*shares, view.attempts)]

    @invariant()
    def histories_are_the_attempts_in_short(self) -> None:
        """Check what both ledgers say of each contact against its attempts."""
        view = self.run(_view(self.sqlite))
        by_number = {
            contact: sorted(own, key=lambda one: one.attempt)
            for contact, own in _by_contact(view.attempts).items()
        }
        assert view.histories == {
            contact: _history(own, own[-1]) for contact, own in by_number.items()
        }
        assert view.latest == {
            contact: _history(own, ([one for one in own if one.state is not S.WITHHELD] or own)[-1])
            for contact, own in by_number.items()
        }

    @invariant()
    def nobody_is_called_twice(self) -> None:
        """Check that what has a call is never sent, and has no other call."""
        for place, known in self.model.items():
            assert known.sends >= 1
            assert known.call_id is None or known.state not in lifecycle.SENDABLE
            first = self.calls.setdefault(place, known.call_id)
            assert first in {None, known.call_id}
            self.calls[place] = known.call_id

    @invariant()
    def nobody_is_called_against_the_rules(self) -> None:
        """Check that no intent's number was suppressed, or had had its calls, at that moment."""
        assert [one for one in self.admitted if one.suppressed or one.is_over()] == []
        assert len(self.admitted) <= sum(known.sends for known in self.model.values())
        for ledger in (self.sqlite, self.memory):
            listed = {one.number: one.reason for one in ledger.suppressions()}
            assert listed == self.suppressed
            assert self.run(ledger.suppressed([*NUMBERS.values(), WRONG])) == self.suppressed
            calls = {number: self.calls_to(number) for number in {*NUMBERS.values(), WRONG}}
            assert self.run(ledger.calls_to(list(calls), T0)) == {
                number: at for number, at in calls.items() if at
            }

    @invariant()
    def events_are_only_appended(self) -> None:
        """Check that what happened stays as it was, in the same order in both."""
        with closing(sqlite3.connect(self.path)) as connection:
            events = connection.execute(
                "SELECT id, attempt, kind, at, status, error, said FROM events ORDER BY id"
            ).fetchall()
        assert events[: len(self.seen)] == self.seen
        told = [(event.id, event.kind.value) for event in self.store.events]
        assert [(event[1], event[2]) for event in events] == told
        self.seen = events

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.close()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that a ledger says, both campaigns together."""

    attempts: list[Attempt]
    tries: list[tuple[Any, ...]]
    in_flight: list[Attempt]
    latest: dict[tuple[str, str], History]
    histories: dict[tuple[str, str], History]
    occupied: frozenset[str]
    calls: int
    intents: int
    spending: list[Spending]


async def _view(ledger: Ledger) -> View:
    said = [
        await asyncio.gather(
            ledger.in_flight(name), ledger.histories(name, KEYS), ledger.calls_created(name)
        )
        for name in CAMPAIGNS
    ]
    return View(
        attempts=[attempt for name in CAMPAIGNS for attempt in ledger.attempts(name)],
        tries=sorted(
            (row for name in CAMPAIGNS for row in _rows(ledger.tries(name, TRIED))), key=str
        ),
        in_flight=[attempt for flying, _, _ in said for attempt in flying],
        latest={(name, key): one for name in CAMPAIGNS for key, one in ledger.latest(name)},
        histories={
            (name, key): one
            for name, (_, histories, _) in zip(CAMPAIGNS, said, strict=True)
            for key, one in histories.items()
        },
        occupied=await ledger.occupied([*NUMBERS.values(), WRONG]),
        calls=sum(calls for _, _, calls in said),
        intents=await ledger.intents(),
        spending=[await ledger.spending(name) for name in (*CAMPAIGNS, None)],
    )


def _rows(batches: Iterator[Columns]) -> Iterator[tuple[Any, ...]]:
    return (row for columns in batches for row in zip(*columns, strict=True))


def _by_contact(attempts: list[Attempt]) -> dict[tuple[str, str], list[Attempt]]:
    contacts: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in attempts:
        contacts.setdefault((attempt.campaign, attempt.contact_key), []).append(attempt)
    return contacts


def _history(attempts: list[Attempt], last: Attempt) -> History:
    created = [one for one in attempts if one.state in lifecycle.CREATED]
    reasons = [one.call.disconnection_reason for one in created if one.call]
    return History(
        last=last,
        created=len(created),
        unreached=reasons.count("sip_routing_error"),
        undialable=reasons.count("dial_failed"),
        final=sum(redial.is_final(one) for one in attempts),
    )


def _spending(attempts: list[Attempt]) -> Spending:
    costs = [one.call.cost_usd for one in attempts if one.call and one.call.cost_usd is not None]
    still_open = [
        one
        for one in attempts
        if one.state in lifecycle.IN_FLIGHT
        or (one.state is S.ENDED and one.call is not None and purse.may_cost(one.call))
    ]
    return Spending(spent_usd=sum(costs), priced=len(costs), open=len(still_open))


def _contradicts(known: Known | None, found: Found) -> bool:
    number = found.call.to_number
    if known is None:
        return number is None
    return known.call_id is not None or number not in {None, known.to_number}


def _place_of(attempt: Attempt) -> Place:
    return (attempt.campaign, attempt.contact_key, attempt.attempt)


def _known_of(attempt: Attempt) -> Known:
    return Known(
        id=attempt.id,
        to_number=attempt.to_number,
        state=attempt.state,
        sends=attempt.sends,
        call_id=None if attempt.call is None else attempt.call.call_id,
    )


def test_any_life_of_a_ledger() -> None:
    """In any order of events, both ledgers keep what a campaign relies on."""
    # Without shrinking, so that a failure takes no longer than a success; `slow` shrinks.
    run_state_machine_as_test(
        Ledgers,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            phases=[Phase.reuse, Phase.generate],
        ),
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_any_life_of_a_ledger_at_length() -> None:
    """The same, for longer lives and many more of them."""
    run_state_machine_as_test(Ledgers, settings=settings(max_examples=1000, stateful_step_count=80))
