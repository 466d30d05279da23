"""The parts of a run, each on its own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from campaign.dialer.clock import SystemClock, sleep_until
from campaign.dialer.feed import in_thread, threaded
from campaign.dialer.lines import Lines, Quota
from campaign.dialer.pacer import LEAD_S, Pacer
from campaign.dialer.pulse import Pulse
from campaign.dialer.stop import Stop, watch_signals
from campaign.errors import HaltError, LedgerError
from campaign.model import Contact
from campaign.policy.pacing import Pace

pytestmark = pytest.mark.anyio

EPOCH = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


class VirtualClock:
    """Simulated time of day."""

    offset = timedelta(0)

    def now(self) -> datetime:
        """Return the present moment."""
        return EPOCH + self.offset + timedelta(seconds=anyio.current_time())


def test_the_system_clock_is_aware() -> None:
    """Times are aware UTC and now."""
    now = SystemClock().now()
    assert UTC is now.tzinfo
    assert abs((datetime.now(UTC) - now).total_seconds()) < 5


async def test_waiting_for_a_moment_heeds_a_clock_that_is_set() -> None:
    """A clock that is put forward meanwhile shortens the wait."""
    clock = VirtualClock()
    moment = clock.now() + timedelta(hours=2)
    async with anyio.create_task_group() as group:
        group.start_soon(sleep_until, moment, clock)
        await anyio.sleep(90)
        clock.offset = timedelta(hours=1, minutes=59)
    assert 110 <= anyio.current_time() <= 121


async def test_one_sign_of_life_for_many_intents() -> None:
    """What a sign has shown is not shown again; one that failed has shown nothing."""
    signs: list[int] = []

    def beat(intents: int) -> None:
        signs.append(intents)
        if 1 == signs.count(5):
            raise LedgerError("the disk is full")

    pulse = Pulse(beat)
    pulse.begin(2)
    for row in (4, 3, 4):
        pulse.reached(row)
    assert [2, 4] == signs
    with pytest.raises(LedgerError):
        pulse.reached(5)
    pulse.reached(5)
    assert [2, 4, 5, 5] == signs


async def test_lines_are_given_in_order() -> None:
    """Those who wait are served first come, first served."""
    lines = Lines(1)
    order: list[int] = []

    async def take(number: int) -> None:
        await anyio.sleep(number)
        await lines.acquire()
        order.append(number)
        await anyio.sleep(10)
        lines.release()

    async with anyio.create_task_group() as group:
        for number in (3, 1, 2):
            group.start_soon(take, number)
    assert [1, 2, 3] == order
    assert 0 == lines.held


async def test_a_waiter_that_gives_up_takes_no_line() -> None:
    """Cancelled waiters leave the queue; a line granted in that moment is handed on."""
    lines = Lines(1)
    await lines.acquire()
    with anyio.move_on_after(1):
        await lines.acquire()
    assert (1, 0) == (lines.held, lines.waiting)
    scope = anyio.CancelScope()

    async def wait() -> None:
        with scope:
            await lines.acquire()

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.sleep(1)
        scope.cancel()
        lines.release()
    assert 0 == lines.held


async def test_closed_lines_serve_nobody() -> None:
    """Whoever waits, or comes later, is sent home; what is held stays held."""
    lines = Lines(1)
    await lines.acquire()
    served: list[bool] = []

    async def wait() -> None:
        served.append(await lines.acquire())

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.sleep(1)
        lines.close()
    assert [False] == served
    assert not await lines.acquire()
    lines.release()
    assert (0, 0) == (lines.held, lines.waiting)


async def test_a_waiter_may_give_up_as_the_lines_close() -> None:
    """Cancelled and sent home in the same moment, it leaves nothing behind."""
    lines = Lines(1)
    await lines.acquire()
    scope = anyio.CancelScope()

    async def wait() -> None:
        with scope:
            await lines.acquire()

    async with anyio.create_task_group() as group:
        group.start_soon(wait)
        await anyio.sleep(1)
        scope.cancel()
        lines.close()
    assert (1, 0) == (lines.held, lines.waiting)


async def test_an_occupied_line_counts_even_beyond_the_capacity() -> None:
    """Calls of an earlier run hold lines, however many there are."""
    lines = Lines(1)
    lines.take()
    lines.take()
    assert 2 == lines.held
    lines.release()
    with anyio.move_on_after(1) as scope:
        await lines.acquire()
    assert scope.cancelled_caught


async def test_a_spent_quota_says_so_to_whoever_asks() -> None:
    """Asking for more, or waiting for it, ends the run; spending the last place alone does not."""
    told: list[str] = []
    quota = Quota(1, lambda: told.append("spent"))
    await quota.acquire()
    quota.spend()
    assert [] == told
    with anyio.move_on_after(1):
        await quota.acquire()
    assert ["spent"] == told
    waited = Quota(1, lambda: told.append("waited"))
    await waited.acquire()
    async with anyio.create_task_group() as group:
        group.start_soon(waited.acquire)
        await anyio.sleep(1)
        waited.spend()
        assert ["spent", "waited"] == told
        group.cancel_scope.cancel()


async def test_a_start_is_handed_out_a_little_early_and_sent_on_time() -> None:
    """There is time to make the intent durable before the moment comes."""
    clock = VirtualClock()
    pacer = Pacer(Pace(per_second=2), clock)
    await pacer.depart(await pacer.take())
    starts_at = await pacer.take()
    assert pytest.approx(LEAD_S) == (starts_at - clock.now()).total_seconds()
    await pacer.depart(starts_at)
    assert pytest.approx(0, abs=1e-5) == (starts_at - clock.now()).total_seconds()


async def test_a_number_used_elsewhere_is_waited_for() -> None:
    """After a push no start comes before the number is free."""
    clock = VirtualClock()
    pacer = Pacer(Pace(per_second=1), clock)
    pacer.push(clock.now() + timedelta(seconds=7))
    assert (await pacer.take() - EPOCH).total_seconds() == pytest.approx(7.0, abs=1e-5)


async def test_a_window_that_is_full_is_waited_for() -> None:
    """Sends that were late do not let the next ones into the same second."""
    clock = VirtualClock()
    pacer = Pacer(Pace(per_second=1), clock)
    first = await pacer.take()
    await pacer.depart(first)
    second = await pacer.take()
    await anyio.sleep(0.4)
    await pacer.depart(second)
    late = anyio.current_time()
    await pacer.depart(clock.now())
    assert anyio.current_time() - late >= 1.0


async def test_a_clock_set_back_delays_no_send() -> None:
    """The wait for a start is a stopwatch's, never more than its lead."""
    clock = VirtualClock()
    pacer = Pacer(Pace(per_second=1), clock)
    starts_at = await pacer.take()
    clock.offset = timedelta(hours=-1)
    await pacer.depart(starts_at)
    assert anyio.current_time() < 1


async def test_the_first_reason_to_stop_is_told() -> None:
    """Later reasons change nothing but how far it goes."""
    stop = Stop(drain_for_s=5)
    stop.request("limit")
    stop.request("until")
    stop.halt(HaltError("first"))
    stop.halt(HaltError("second"))
    stop.signal(signal.SIGINT)
    stop.signal(signal.SIGTERM)
    assert ("limit", "first", signal.SIGINT) == (stop.reason, str(stop.error), stop.signal_number)
    assert anyio.current_time() + 5 == stop.following.deadline


async def test_signals_drain_and_then_abort() -> None:
    """The first is a request, the second leaves at once; each is told."""
    stop = Stop(drain_for_s=5)
    told: list[tuple[int, bool]] = []
    async with anyio.create_task_group() as group:
        group.start_soon(watch_signals, stop, lambda number, second: told.append((number, second)))
        await anyio.sleep(0.1)
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGHUP)
            while not told or (stop.requested and len(told) == 1 and _ == 1):
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    assert [(signal.SIGHUP, False), (signal.SIGHUP, True)] == told
    assert stop.everything.cancel_called


async def test_batches_are_made_in_a_thread() -> None:
    """Reading the list does not keep calls waiting."""
    threads: list[int] = []
    contact = Contact(row=0, key="k", to_number="+14155550100")

    def batches() -> Iterator[list[Contact]]:
        for _ in range(2):
            threads.append(threading.get_ident())
            yield [contact]

    read = [batch async for batch in threaded(batches)]
    assert [[contact], [contact]] == read
    assert threading.get_ident() not in threads
    assert threading.get_ident() != await in_thread(threading.get_ident)
