"""What a run writes down of what happens in it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from campaign.model import Contact, Fault, FaultKind, Missing
from campaign.policy.hours import Closed
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Return what was written so far, in all detail: each line's action and fields."""
    with caplog.at_level(logging.DEBUG, "campaign"):
        yield lambda: [
            {"action": record.__dict__["action"], **record.__dict__["fields"]}
            for record in caplog.records
        ]


async def test_a_call(make_world: MakeWorld, people: People, lines: Any) -> None:
    """Its placing and its end are one line each, with all that tells which call it was."""
    talk = CallScript(status="ended", disconnection_reason="user_hangup", talk_s=12.5)
    world = make_world(speed=1.0, scripts={"+14155550000": [talk]})
    await world.run(people(1))
    (attempt,) = world.attempts()
    which = {
        "campaign": "spring",
        "attempt": attempt.attempt_id,
        "number": "+1********00",
        "call": attempt.call.call_id,
    }
    placed, ended = lines()
    assert {"action": "placed", **which} == placed
    spent = {"duration_s": 12.5, "cost_usd": attempt.call.cost_usd}
    assert {"action": "ended", **which, "outcome": "answered", **spent} == ended


async def test_creates_that_come_to_nothing(
    make_world: MakeWorld, people: People, lines: Any
) -> None:
    """Throttles, refusals and creates of unknown outcome are told, and what is looked for."""
    faults = {
        "+14155550000": [FaultName.THROTTLE],
        "+14155550001": [FaultName.ERROR_BEFORE],
        "+14155550002": [FaultName.ERROR_AFTER],
    }
    world = make_world(faults=FaultPlan(by_number=faults), dnc=frozenset({"+14155550003"}))
    await world.run(people(4), lookup_for_s=30.0)
    found = lines()
    counted = Counter(line["action"] for line in found)
    assert counted == {
        "throttled": 2,  # the answer, and the pause
        "placed": 1,
        "refused": 1,
        "unknown": 2,
        "looked_up": 2,
        "found": 1,
        "not_found": 1,
        "ended": 2,
    }
    by_action = {line["action"]: line for line in found}
    pause = next(line for line in found if "pause_s" in line)
    assert ("call", 2.0) == (pause["limiter"], pause["pause_s"])
    assert 500 == by_action["unknown"]["status"]
    since = {one.attempt_id: one.intent_at for one in world.attempts()}
    graces = [
        line["until"] - since[line["attempt"]] for line in found if line["action"] == "looked_up"
    ]
    assert [True, True] == [
        timedelta(seconds=30) <= grace <= timedelta(seconds=40) for grace in graces
    ]
    assert by_action["found"]["call"] in {line.get("call") for line in found if "cost_usd" in line}
    assert {"spring"} == {line["campaign"] for line in found if line is not pause}


async def test_a_call_that_is_lost(
    make_world: MakeWorld, people: People, lines: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A call that the provider no longer knows is told as lost."""
    world = make_world(speed=0.01)
    provider = world.provider
    world.provider = lambda: Forgetful(provider())
    await world.run(people(1))
    assert ["placed", "lost"] == [line["action"] for line in lines()]
    assert "placed" == lines()[-1]["outcome"]
    assert "no longer knows the call" in caplog.text


class Forgetful:
    """A provider that has no list and knows no call."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    async def get(self, call_id: str) -> Any:
        """Know nothing."""
        return Missing(message=f"no {call_id}")

    async def list_calls(self, query: Any) -> Any:
        """Have no list."""
        return await self.get(str(query.limit))


async def test_holds(make_world: MakeWorld, people: People, lines: Any) -> None:
    """Who is held is told in the detailed log, with the reason and until when."""
    world = make_world()
    opens = world.clock.now() + timedelta(hours=1)
    closed = Closed(next_open=opens, reason="outside of hours")
    await world.run(people(2), opening=lambda _, __: closed)
    expected = [{"action": "held", "number": f"+1********0{i}", "until": opens} for i in range(2)]
    assert expected == lines()


async def test_stops(make_world: MakeWorld, people: People, lines: Any) -> None:
    """That no new call is placed is told once, with the reason."""
    await make_world().run(people(3), limit=1)
    told = [line for line in lines() if line["action"] == "draining"]
    assert [{"action": "draining", "reason": "limit"}] == told


async def test_halts(make_world: MakeWorld, people: People, lines: Any, caplog: Any) -> None:
    """What ends a run is told when it happens, with the code that it will have."""
    await make_world(paid=False).run(people(3))
    found = [line for line in lines() if line["action"] in {"halted", "draining", "refused"}]
    assert ["refused", "halted", "draining"] == [line["action"] for line in found]
    assert (402, 69, "halt") == (
        found[0]["status"],
        found[1]["exit_code"],
        found[2]["reason"],
    )


async def test_no_number_is_in_it(
    make_world: MakeWorld, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    """What a provider says in its own words is masked, too."""
    caplog.set_level(logging.DEBUG, "campaign")
    world = make_world()
    provider = world.provider

    class Chatty(Forgetful):
        async def create(self, request: Any) -> Any:
            """Refuse, and say whom."""
            told = f"cannot call {request.to_number}, key_0123456789abcdef"
            return Fault(kind=FaultKind.ROW, message=told, status=422)

    world.provider = lambda: Chatty(provider())
    contacts = [replace(one, key=f"k{one.row}") for one in people(3)]
    await world.run(contacts)
    assert 3 == caplog.text.count("cannot call +1********0")
    told = str([record.__dict__ for record in caplog.records])
    assert [] == [one.to_number for one in contacts if one.to_number in told]
    assert "0123456789abcdef" not in told
