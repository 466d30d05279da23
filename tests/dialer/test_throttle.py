"""Request limits, local and asked for, in virtual time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any, cast

import anyio
import pytest

from campaign.dialer.throttle import CAUTIOUS_FROM, Patient, Throttle
from campaign.model import (
    Account,
    Call,
    CallerNumber,
    CallPage,
    CallQuery,
    CallRequest,
    Concurrency,
    Fault,
    FaultKind,
    Missing,
)
from campaign.policy.requests import BUDGETS, CREATES, LEAST_PAUSE_S, Limiter
from campaign.ports import Provider

pytestmark = pytest.mark.anyio

CALL = Call(call_id="c", status="registered")
QUERY = CallQuery(campaign_id="cmp_1")
REQUEST = CallRequest(from_number="+14157774444", to_number="+14155550123", idempotency_key="k")


def slow(retry_after_s: float | None = None, limiter: str | None = None) -> Fault:
    """Return the answer of a provider that asks for a slower pace."""
    return Fault(
        kind=FaultKind.THROTTLED, message="slow", retry_after_s=retry_after_s, limiter=limiter
    )


async def times(count: int, admit: Callable[[], Awaitable[None]]) -> list[float]:
    """Return when each of `count` requests is let through, all being asked for at once."""
    through: list[float] = []

    async def one() -> None:
        await admit()
        through.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(one)
    return through


@pytest.mark.no_cover
async def test_a_hundred_creates_a_second_pass_unhindered() -> None:
    """The local budget is the documented one: at its edge nobody waits."""
    throttle = Throttle(BUDGETS)
    since_s, late_s = anyio.current_time(), 0.0
    for number in range(2500):
        await anyio.sleep(max(0.0, since_s + number / 100 - anyio.current_time()))
        before_s = anyio.current_time()
        await throttle.admit_create()
        late_s = max(late_s, anyio.current_time() - before_s)
    assert pytest.approx(0.0, abs=1e-6) == late_s


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("limiter", "most", "per_s"),
    [(Limiter.LIST, 15, 10.0), (Limiter.GENERAL, 100, 10.0), (Limiter.CALL, 1000, 10.0)],
)
async def test_a_budget_that_is_used_up_is_waited_for(
    limiter: Limiter, most: int, per_s: float
) -> None:
    """The documented number passes at once, the next when the first has left the window."""
    throttle = Throttle(BUDGETS)
    through = await times(most + 2, lambda: throttle.admit(limiter))
    assert [0.0] * most + [per_s] * 2 == pytest.approx(through, abs=1e-6)


async def test_creates_wait_for_the_budget_of_errors() -> None:
    """Sixty answers of 4xx in a minute keep creates back, and nothing else."""
    throttle = Throttle(BUDGETS)
    for _ in range(60):
        throttle.error()
        await anyio.sleep(0.5)
    await throttle.admit(Limiter.GENERAL)
    assert 30.0 == anyio.current_time()
    await throttle.admit_create()
    assert pytest.approx(60.0) == anyio.current_time()


@pytest.mark.no_cover
async def test_creates_under_way_may_be_errors_too() -> None:
    """Where rows are refused, no more creates go out than the budget of errors has room for."""
    throttle = Throttle(BUDGETS)
    refused_s: list[float] = []

    async def one() -> None:
        await throttle.room_to_create()
        with throttle.creating():
            await anyio.sleep(0.3)
            throttle.error()
            refused_s.append(anyio.current_time())

    async with anyio.create_task_group() as group:
        for _ in range(150):
            group.start_soon(one)
            await anyio.sleep(0.025)
    apart_s = [late - early for early, late in zip(refused_s, refused_s[60:], strict=False)]
    assert (150, True) == (len(refused_s), min(apart_s) >= 60.0)
    assert refused_s[59] < 3


async def test_few_errors_hold_nobody_up() -> None:
    """A hundred creates at once pass a run that has been refused a few."""
    throttle = Throttle(BUDGETS)
    for _ in range(CAUTIOUS_FROM - 1):
        throttle.error()
    with ExitStack() as under_way:
        for _ in range(100):
            assert throttle.may_create
            under_way.enter_context(throttle.creating())


@pytest.mark.no_cover
async def test_creates_may_be_counted_when_they_are_sent() -> None:
    """Whoever is let through and sends nothing uses nothing up."""
    throttle = Throttle(BUDGETS)
    assert [0.0] * 3000 == await times(3000, throttle.room_to_create)
    for _ in range(1000):
        assert throttle.may_create
        throttle.create()
    assert not throttle.may_create
    await throttle.room_to_create()
    assert pytest.approx(10.0) == anyio.current_time()
    throttle.pause(Limiter.CALL_ERROR, slow(5.0))
    assert not throttle.may_create
    await throttle.room_to_create()
    assert pytest.approx(15.0) == anyio.current_time()


@pytest.mark.no_cover
async def test_without_budgets_only_the_provider_holds_back() -> None:
    """Nothing is counted; a pause that is asked for is kept."""
    throttle = Throttle(None)
    for _ in range(3000):
        throttle.error()
    assert [0.0] * 3000 == await times(3000, throttle.admit_create)
    throttle.pause(Limiter.CALL, slow(7.0))
    await throttle.admit_create()
    assert 7.0 == anyio.current_time()


@pytest.mark.parametrize("limiter", list(Limiter))
async def test_a_pause_is_one_limiters_own(limiter: Limiter) -> None:
    """What was throttled waits, the other kinds of requests go on."""
    throttle = Throttle(BUDGETS)
    throttle.pause(limiter, slow(5.0))
    for other in set(Limiter) - {limiter}:
        await throttle.admit(other)
        assert not throttle.closed(other)
    assert (0.0, True) == (anyio.current_time(), throttle.closed(limiter))
    await throttle.admit(limiter)
    assert (5.0, False) == (anyio.current_time(), throttle.closed(limiter))


@pytest.mark.parametrize("limiter", CREATES)
async def test_creates_wait_for_a_pause_of_either_limiter(limiter: Limiter) -> None:
    """The limiter of refused creates holds creates back as well."""
    throttle = Throttle(BUDGETS)
    throttle.pause(limiter, slow(5.0))
    await throttle.admit_create()
    assert 5.0 == anyio.current_time()


async def test_a_pause_that_grows_meanwhile_is_waited_for_whole() -> None:
    """Whoever waits sees the longer pause; a shorter one takes nothing away."""
    throttle = Throttle(BUDGETS)
    throttle.pause(Limiter.LIST, slow(5.0))
    async with anyio.create_task_group() as group:
        group.start_soon(throttle.admit, Limiter.LIST)
        await anyio.sleep(3)
        throttle.pause(Limiter.LIST, slow(7.0))
        throttle.pause(Limiter.LIST, slow(1.0))
    assert 10.0 == anyio.current_time()


async def test_absurd_waits_are_capped() -> None:
    """A provider that asks for a year, or for no time at all, is not taken at its word."""
    throttle = Throttle(BUDGETS)
    throttle.pause(Limiter.LIST, slow(1e9))
    await throttle.admit(Limiter.LIST)
    assert 120.0 == anyio.current_time()
    for _ in range(20):
        throttle.pause(Limiter.GENERAL, slow(-5.0))
    assert 1 == throttle.pauses(Limiter.GENERAL)
    await throttle.admit(Limiter.GENERAL)
    assert 120.0 + LEAST_PAUSE_S == anyio.current_time()


async def test_answers_in_a_bunch_are_one_pause() -> None:
    """Pauses in a row double where nobody says how long; a success ends the row."""
    throttle = Throttle(BUDGETS)
    lengths: list[float] = []
    for _ in range(3):
        before_s = anyio.current_time()
        for _ in range(20):
            throttle.pause(Limiter.CALL, slow())
        await throttle.admit_create()
        lengths.append(anyio.current_time() - before_s)
    assert ([2.0, 4.0, 8.0], 3) == (lengths, throttle.pauses(Limiter.CALL))
    throttle.passed(Limiter.CALL)
    assert 0 == throttle.pauses(Limiter.CALL)


async def test_a_create_that_passed_ends_the_row_of_all_limiters_of_creates() -> None:
    """The other limiters keep their count."""
    throttle = Throttle(BUDGETS)
    for limiter in Limiter:
        throttle.pause(limiter, slow(1.0))
    throttle.passed(Limiter.CALL)
    assert {"call": 0, "call-error": 0, "list": 1, "general": 1} == {
        limiter.value: throttle.pauses(limiter) for limiter in Limiter
    }
    throttle.passed(Limiter.LIST)
    assert (0, 1) == (throttle.pauses(Limiter.LIST), throttle.pauses(Limiter.GENERAL))


@pytest.mark.parametrize(
    ("kind", "named", "returned", "paused"),
    [
        (Limiter.CALL, None, Limiter.CALL, {Limiter.CALL}),
        (Limiter.CALL, "call-error", Limiter.CALL_ERROR, {Limiter.CALL_ERROR}),
        (Limiter.CALL, "new-one", Limiter.CALL, {Limiter.CALL}),
        (Limiter.CALL, "general", Limiter.GENERAL, {Limiter.GENERAL, Limiter.CALL}),
        (Limiter.LIST, "general", Limiter.GENERAL, {Limiter.GENERAL, Limiter.LIST}),
        (Limiter.LIST, "list", Limiter.LIST, {Limiter.LIST}),
        (Limiter.GENERAL, "call", Limiter.CALL, {Limiter.CALL, Limiter.GENERAL}),
    ],
)
async def test_what_was_refused_waits_whatever_limiter_is_named(
    kind: Limiter, named: str | None, returned: Limiter, paused: set[Limiter]
) -> None:
    """A limiter that requests of this kind do not heed would not hold them back."""
    throttle = Throttle(BUDGETS)
    assert returned is throttle.throttled(kind, slow(5.0, named))
    assert paused == {limiter for limiter in Limiter if throttle.closed(limiter)}


async def test_requests_are_let_through_in_order() -> None:
    """First come, first served, and whoever gives up takes nothing."""
    throttle = Throttle(BUDGETS)
    throttle.pause(Limiter.LIST, slow(10.0))
    order: list[int] = []

    async def one(number: int) -> None:
        await anyio.sleep(number * 0.1)
        with anyio.move_on_after(1.0 if number == 1 else 60.0):
            await throttle.admit(Limiter.LIST)
            order.append(number)

    async with anyio.create_task_group() as group:
        for number in range(5):
            group.start_soon(one, number)
    assert ([0, 2, 3, 4], 10.0) == (order, anyio.current_time())


class Provided:
    """A provider that answers every question with what it was given, and remembers them."""

    skew_s = 0.25

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def ask(*arguments: Any) -> Any:
            self.asked.append((name, *arguments))
            return self.answer

        return ask


def patient(answer: Any) -> tuple[Patient, Throttle, Provided]:
    """Return a patient provider around one that gives this answer."""
    provided, throttle = Provided(answer), Throttle(BUDGETS)
    return Patient(cast(Provider, provided), throttle), throttle, provided


READS: dict[str, tuple[Limiter, Callable[[Provider], Awaitable[Any]], tuple[Any, ...], Any]] = {
    "get": (Limiter.GENERAL, lambda p: p.get("c"), ("c",), CALL),
    "document": (Limiter.GENERAL, lambda p: p.document("c"), ("c",), {"call_id": "c"}),
    "stop_call": (Limiter.GENERAL, lambda p: p.stop_call("c"), ("c",), None),
    "account": (Limiter.GENERAL, lambda p: p.account(), (), Account(org_id="org_1")),
    "concurrency": (
        Limiter.GENERAL,
        lambda p: p.concurrency(),
        (),
        Concurrency(current=1, limit=20),
    ),
    "caller_number": (
        Limiter.GENERAL,
        lambda p: p.caller_number("+14157774444"),
        ("+14157774444",),
        CallerNumber(number="+14157774444"),
    ),
    "list_calls": (Limiter.LIST, lambda p: p.list_calls(QUERY), (QUERY,), CallPage(calls=())),
}


@pytest.mark.parametrize("name", READS)
async def test_a_read_waits_its_turn_and_is_answered_as_it_was(name: str) -> None:
    """Every read is asked once, after its limiter's pause; its answer ends the row of pauses."""
    limiter, ask, arguments, answer = READS[name]
    provider, throttle, provided = patient(answer)
    throttle.pause(limiter, slow(5.0))
    assert answer is await ask(provider)
    assert (5.0, [(name, *arguments)]) == (anyio.current_time(), provided.asked)
    assert 0 == throttle.pauses(limiter)


@pytest.mark.parametrize("name", READS)
async def test_a_read_that_is_throttled_pauses_its_limiter(name: str) -> None:
    """The fault is handed on; only the next request of the kind waits."""
    limiter, ask, _, _ = READS[name]
    fault = slow(5.0)
    provider, throttle, provided = patient(fault)
    assert fault is await ask(provider)
    assert (0.0, True, 1) == (anyio.current_time(), throttle.closed(limiter), len(provided.asked))
    await ask(provider)
    assert 5.0 == anyio.current_time()


@pytest.mark.parametrize(
    ("answer", "pauses"),
    [
        (Missing(message="no"), 0),
        (Fault(kind=FaultKind.UNKNOWN, message="no answer"), 1),
        (Fault(kind=FaultKind.KEY, message="no"), 1),
    ],
)
async def test_other_faults_neither_pause_nor_pass(answer: Missing | Fault, pauses: int) -> None:
    """Only an answer shows that the limiter is open again; a "not found" is one."""
    provider, throttle, _ = patient(answer)
    throttle.pause(Limiter.GENERAL, slow(1.0))
    assert answer is await provider.get("c")
    assert (pauses, False) == (throttle.pauses(Limiter.GENERAL), throttle.closed(Limiter.GENERAL))


async def test_a_limiter_that_a_read_names_is_paused() -> None:
    """A list may be refused for the general limit: both wait then."""
    provider, throttle, _ = patient(slow(5.0, "general"))
    await provider.list_calls(QUERY)
    closed = {limiter for limiter in Limiter if throttle.closed(limiter)}
    assert {Limiter.GENERAL, Limiter.LIST} == closed


async def test_creates_go_straight_through() -> None:
    """They are counted and heeded where they are placed."""
    fault = slow(5.0)
    provider, throttle, provided = patient(fault)
    for limiter in CREATES:
        throttle.pause(limiter, slow(5.0))
    assert fault is await provider.create(REQUEST)
    await provider.aclose()
    assert (0.0, 0.25) == (anyio.current_time(), provider.skew_s)
    assert [("create", REQUEST), ("aclose",)] == provided.asked


def test_a_patient_provider_is_one() -> None:
    """It has all that the port asks for."""
    provider: Provider = patient(None)[0]
    assert isinstance(provider, Patient)
