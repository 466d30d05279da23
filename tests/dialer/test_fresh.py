"""Results that are renewed while a run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from campaign.model import Contact
from campaign.sandbox.plan import CallScript

pytestmark = pytest.mark.anyio

MakeWorld = Callable[..., Any]
People = Callable[[int], list[Contact]]

TALK = CallScript(status="ended", disconnection_reason="user_hangup", ring_s=1.0, talk_s=300.0)


@dataclass(kw_only=True)
class Written:
    """A renewal that takes its time and remembers when it began, and why contacts waited."""

    every_s: float
    takes_s: float = 0.0
    """What is thought before the first time."""

    lasts_s: float = 0.0
    began: list[float] = field(default_factory=list)
    holds: list[dict[str, str]] = field(default_factory=list)
    withdrawn: int = 0

    async def renew(self, holds: Mapping[str, str]) -> None:
        """Write for as long as it lasts, deaf as a thread is, unless it is not wanted."""
        self.began.append(anyio.current_time())
        self.holds.append(dict(holds))
        with anyio.CancelScope(shield=True):
            until = anyio.current_time() + self.lasts_s
            while not self.withdrawn and anyio.current_time() < until:
                await anyio.sleep(0.5)

    def withdraw(self) -> None:
        """Give up."""
        self.withdrawn += 1


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("every_s", "takes_s", "lasts_s", "expected"),
    [
        (60.0, 0.0, 0.0, [60.0, 120.0, 180.0, 240.0, 300.0]),
        (60.0, 0.0, 3.0, [60.0, 123.0, 186.0, 249.0]),
        (30.0, 0.0, 5.0, [30.0, 135.0, 240.0]),
        (30.0, 5.0, 5.0, [100.0, 205.0]),
        (30.0, 5.0, 0.0, [100.0, 130.0, 160.0, 190.0, 220.0, 250.0, 280.0]),
        (400.0, 0.0, 0.0, []),
    ],
)
async def test_how_often(
    make_world: MakeWorld,
    people: People,
    *,
    every_s: float,
    takes_s: float,
    lasts_s: float,
    expected: list[float],
) -> None:
    """As often as asked for, but after a rest that is 20 times as long as the writing is."""
    (contact,) = people(1)
    world = make_world(speed=1.0, scripts={contact.to_number: [TALK]})
    world.renewal = Written(every_s=every_s, takes_s=takes_s, lasts_s=lasts_s)
    report = await world.run([contact], analysis_for_s=0.0)
    assert (report.created, world.renewal.withdrawn) == (1, 1)
    # The last one, at the very end of the call, may or may not begin.
    assert world.renewal.began[: len(expected)] == pytest.approx(expected, abs=1.0)
    assert len(world.renewal.began) - len(expected) in {0, 1}


@pytest.mark.no_cover
async def test_what_is_being_written_at_the_end_is_given_up(
    make_world: MakeWorld, people: People
) -> None:
    """A run ends when its calls have, however long the writing would take."""
    (contact,) = people(1)
    world = make_world(speed=1.0, scripts={contact.to_number: [TALK]})
    world.renewal = Written(every_s=290.0, lasts_s=10_000.0)
    report = await world.run([contact], analysis_for_s=0.0)
    assert (report.created, len(world.renewal.began), world.renewal.withdrawn) == (1, 1, 1)
    assert anyio.current_time() < 320


@pytest.mark.no_cover
async def test_why_contacts_wait_is_told(make_world: MakeWorld, people: People) -> None:
    """What holds contacts back is known to the file that is written meanwhile."""
    first, second = people(2)
    world = make_world(speed=1.0, scripts={first.to_number: [TALK]})
    world.renewal = Written(every_s=60.0)
    again = Contact(row=1, key=second.key, to_number=first.to_number)
    await world.run([first, again], analysis_for_s=0.0)
    assert second.key in world.renewal.holds[0]
