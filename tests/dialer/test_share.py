"""The lines of a run, in virtual time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

import anyio
import pytest

from campaign.dialer.share import Allotment
from campaign.model import Concurrency, Fault, FaultKind, Missing
from campaign.policy.share import ASK_EVERY_S, STALE_S
from campaign.ports import Provider

pytestmark = pytest.mark.anyio

Said = Concurrency | Missing | Fault
NO_ANSWER = Fault(kind=FaultKind.UNKNOWN, message="no answer came")


class Account:
    """A provider that says how its lines are used, as a function of the time."""

    def __init__(self, says: Callable[[float], Said], answer_s: float = 0.0) -> None:
        self.asked_s: list[float] = []
        self._says = says
        self._answer_s = answer_s

    async def concurrency(self) -> Said:
        """Answer after a while."""
        self.asked_s.append(anyio.current_time())
        await anyio.sleep(self._answer_s)
        return self._says(anyio.current_time())


def of(account: Account | None = None, most: int = 20, used: int = 0) -> Allotment:
    """Return an allotment of an account, `used` of its lines in use."""
    allotment = Allotment(most, cast(Provider, account))
    for _ in range(used):
        allotment.use()
    return allotment


async def test_a_run_that_is_told_nothing_has_all_its_lines() -> None:
    """`--max-live` is the bound as long as nothing else is known."""
    allotment = of(most=2, used=1)
    await allotment.room()
    assert (2, 1, True) == (allotment.lines, allotment.used, allotment.has_room)
    allotment.use()
    assert not allotment.has_room


async def test_whoever_waits_for_room_is_let_in_when_a_line_is_free() -> None:
    """One line free lets one in, as it is taken at once; the others wait on."""
    allotment = of(most=1, used=1)
    entered: list[float] = []

    async def enter() -> None:
        await allotment.room()
        allotment.use()
        entered.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(enter)
        for waiting in (3, 2):
            await anyio.sleep(5)
            assert waiting == allotment.waiting
            allotment.free()
        await anyio.sleep(5)
        assert ([5.0, 10.0], 1, 1) == (entered, allotment.waiting, allotment.used)
        group.cancel_scope.cancel()
    assert 0 == allotment.waiting


async def test_a_refusal_takes_lines_away_and_successes_give_them_back() -> None:
    """Multiplicative down, a bunch counting once; additive up, a line for a round of calls."""
    allotment = of(used=20)
    for _ in range(7):
        allotment.refused()
    assert 14 == allotment.lines
    for _ in range(15):
        allotment.placed()
    assert 15 == allotment.lines
    await anyio.sleep(2.5)
    allotment.refused()
    assert 10 == allotment.lines


async def test_lines_that_grow_let_the_waiting_in() -> None:
    """Room may also come from a success, with no call ended."""
    allotment = of(most=10, used=10)
    allotment.refused()
    for _ in range(3):
        allotment.free()
    async with anyio.create_task_group() as group:
        group.start_soon(allotment.room)
        await anyio.sleep(1)
        assert (7, 1) == (allotment.lines, allotment.waiting)
        for _ in range(8):
            allotment.placed()
    assert 0 == allotment.waiting


async def test_lines_follow_what_others_use_within_seconds(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Another tenant takes 15 of 20 lines and gives them back: so do we."""
    caplog.set_level(logging.INFO)
    others = [(0, 0), (30, 15), (60, 0)]

    def says(now_s: float) -> Concurrency:
        (taken,) = [count for since_s, count in others if since_s <= now_s][-1:]
        return Concurrency(current=taken + allotment.used, limit=20)

    allotment = of(Account(says), used=3)
    seen: list[int] = []
    async with anyio.create_task_group() as group:
        group.start_soon(allotment.ask_on)
        for moment_s in (1, 29, 35, 59, 65):
            await anyio.sleep(moment_s - anyio.current_time())
            seen.append(allotment.lines)
        group.cancel_scope.cancel()
    assert [20, 20, 5, 5, 20] == seen
    records = [record for record in caplog.records if getattr(record, "action", "") == "lines"]
    assert [5, 20] == [getattr(record, "lines", None) for record in records]


async def test_the_inbound_reserve_and_a_lower_limit_bound_the_lines() -> None:
    """What is kept for inbound calls is not ours, and what others use neither."""
    account = Account(lambda _: Concurrency(current=9, limit=20, reserved_inbound=4))
    allotment = of(account, most=50, used=2)
    async with anyio.create_task_group() as group:
        group.start_soon(allotment.ask_on)
        await anyio.sleep(ASK_EVERY_S * 2.5)
        group.cancel_scope.cancel()
    assert (9, [0.0, ASK_EVERY_S, ASK_EVERY_S * 2]) == (allotment.lines, account.asked_s)


async def test_calls_that_come_while_the_answer_is_on_its_way_are_not_counted_on() -> None:
    """They may be in the figure or not: they are taken for others', until asked again."""
    account = Account(lambda _: Concurrency(current=5, limit=20), answer_s=1.0)
    allotment = of(account)
    async with anyio.create_task_group() as group:
        group.start_soon(allotment.ask_on)
        await anyio.sleep(0.5)
        for _ in range(5):
            allotment.use()
        await anyio.sleep(1)
        assert 15 == allotment.lines
        await anyio.sleep(ASK_EVERY_S + 1)
        assert 20 == allotment.lines
        group.cancel_scope.cancel()


async def test_a_server_that_cannot_tell_is_not_asked_again() -> None:
    """Lines are felt for then, whatever was said before."""

    def says(now_s: float) -> Said:
        return Missing(message="no") if now_s > 1 else Concurrency(current=20, limit=20)

    account = Account(says)
    allotment = of(account)
    async with anyio.create_task_group() as group:
        group.start_soon(allotment.ask_on)
        await anyio.sleep(1)
        assert (0, False) == (allotment.lines, allotment.has_room)
        await allotment.room()
    # What was said last is forgotten, but the feeling starts from it.
    assert 1 == allotment.lines
    assert [0.0, ASK_EVERY_S] == account.asked_s


async def test_a_question_without_an_answer_is_asked_again() -> None:
    """What was said last holds for a minute; a run does not wait for ever for lost words."""

    def says(now_s: float) -> Said:
        return NO_ANSWER if 1 < now_s < 100 else Concurrency(current=14, limit=20)

    allotment = of(Account(says))
    seen: list[int] = []
    async with anyio.create_task_group() as group:
        group.start_soon(allotment.ask_on)
        await anyio.sleep(STALE_S - 1)
        seen.append(allotment.lines)
        for _ in range(7):
            allotment.placed()
        seen.append(allotment.lines)
        await anyio.sleep(5)
        seen.append(allotment.lines)
        await anyio.sleep(50)
        seen.append(allotment.lines)
        group.cancel_scope.cancel()
    assert [6, 6, 7, 6] == seen


async def test_an_account_with_room_for_more_changes_nothing() -> None:
    """`--max-live` stays the bound, and nothing is logged where nothing changes."""
    allotment = of(Account(lambda _: Concurrency(current=0, limit=500)), most=3)
    with anyio.move_on_after(9) as scope:
        await allotment.ask_on()
    assert (3, True) == (allotment.lines, scope.cancelled_caught)
