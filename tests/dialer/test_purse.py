"""The budget of a run, in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
import pytest

from campaign.dialer.purse import Wallet
from campaign.model import Call, Spending
from campaign.policy.purse import LATE_S, Purse

pytestmark = pytest.mark.anyio

ANSWERED = Call(call_id="c", status="ended", disconnection_reason="user_hangup")
UNANSWERED = Call(call_id="c", status="not_connected", disconnection_reason="dial_no_answer")


def priced(cost_usd: float) -> Call:
    """Return a call that has ended and cost this much."""
    return Call(call_id="c", status="ended", disconnection_reason="user_hangup", cost_usd=cost_usd)


@dataclass
class Told:
    """A wallet and what it says of itself."""

    budget_usd: float | None
    spending: Spending = field(default_factory=Spending)
    live: int = 0
    spent: list[float] = field(default_factory=list)
    reserved: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        purse = (
            None
            if self.budget_usd is None
            else Purse(budget_usd=self.budget_usd, spending=self.spending, given_usd=1.0)
        )
        self.wallet = Wallet(
            purse, lambda: self.spent.append(anyio.current_time()), lambda: self.live > 0
        )

    async def reserve(self) -> None:
        """Set the cost of one call aside, and note when."""
        await self.wallet.reserve()
        self.reserved.append(anyio.current_time())

    async def wait_until(self, *steps: tuple[float, Callable[[], None]]) -> None:
        """Wait for one more call's money, while steps are taken at their moments; until 300 s."""
        async with anyio.create_task_group() as group:
            group.start_soon(self.reserve)
            for at_s, step in steps:
                await anyio.sleep(at_s - anyio.current_time())
                step()
            await anyio.sleep(300 - anyio.current_time())
            group.cancel_scope.cancel()


async def test_without_a_purse_nothing_is_waited_for() -> None:
    """What the run's calls cost is told all the same."""
    told = Told(None)
    for _ in range(100):
        await told.reserve()
        told.wallet.spend()
    told.wallet.ended("a", priced(0.5))
    told.wallet.ended("b", ANSWERED)
    told.wallet.ended("c", None)
    told.wallet.late("a", priced(0.75))
    told.wallet.late("b", priced(0.25))
    told.wallet.give_back()
    told.wallet.adopted("d")
    assert (1.0, 0.0, []) == (told.wallet.spent_usd, anyio.current_time(), told.spent)


async def test_a_call_is_paid_for_before_it_is_made() -> None:
    """Two dollars are two calls of one; the third waits for one that turns out cheaper."""
    told = Told(2.0)
    for _ in range(2):
        await told.reserve()
        told.wallet.spend()
    told.live = 2
    await told.wait_until(
        (10, lambda: told.wallet.ended("a", priced(0.5))),
        (20, lambda: told.wallet.ended("b", priced(0.5))),
    )
    assert ([0.0, 0.0, 20.0], []) == (told.reserved, told.spent)
    assert 1.0 == told.wallet.spent_usd


async def test_a_spent_budget_is_told_and_waited_at_for_ever() -> None:
    """Nothing is open and it does not fit: somebody has to end the run."""
    told = Told(2.0, Spending(spent_usd=1.5, priced=2))
    await told.wait_until()
    assert ([], [0.0]) == (told.reserved, told.spent)


async def test_the_budget_is_spent_only_once_the_last_call_has_ended() -> None:
    """Live calls may turn out cheaper; once none is left, that is that."""
    told = Told(1.0)
    await told.reserve()
    told.wallet.spend()
    told.live = 1

    def end() -> None:
        told.live = 0
        told.wallet.ended("a", priced(0.9))

    await told.wait_until((30, end))
    assert ([0.0], [30.0]) == (told.reserved, told.spent)


async def test_a_call_that_is_not_created_gives_its_money_back() -> None:
    """While it is being created it is waited for, though no call is live."""
    told = Told(1.0)
    await told.reserve()
    await told.wait_until((30, told.wallet.give_back))
    assert ([0.0, 30.0], []) == (told.reserved, told.spent)


async def test_a_call_nobody_looks_for_any_more_keeps_its_money() -> None:
    """It may have been created: its cost stays set aside, and is not waited for."""
    told = Told(1.0)
    await told.reserve()
    told.wallet.spend()
    told.live = 1

    def give_up() -> None:
        told.live = 0

    await told.wait_until((30.5, give_up))
    assert ([0.0], [31.0]) == (told.reserved, told.spent)


async def test_calls_of_earlier_runs_and_found_ones_count() -> None:
    """What is open from before is set aside; a call that turns up is too, be it too much."""
    told = Told(3.0, Spending(open=2), live=2)
    await told.reserve()
    told.wallet.spend()
    told.wallet.adopted("found")
    await told.wait_until(
        (10, lambda: told.wallet.ended("earlier", None)),
        (20, lambda: told.wallet.ended("found", UNANSWERED)),
    )
    assert ([0.0, 20.0], []) == (told.reserved, told.spent)


async def test_a_call_that_is_given_up_and_found_is_paid_for_once() -> None:
    """What was set aside before its request left is still set aside when it turns up."""
    told = Told(2.0)
    await told.reserve()
    told.wallet.spend()
    told.wallet.not_found("late")
    told.wallet.adopted("late")
    await told.reserve()
    assert ([0.0, 0.0], []) == (told.reserved, told.spent)


async def test_a_cost_that_comes_late_is_waited_for() -> None:
    """An answered call without a cost stays expected until its last word."""
    told = Told(1.0)
    await told.reserve()
    told.wallet.spend()
    told.wallet.ended("a", ANSWERED)
    await told.wait_until((50, lambda: told.wallet.late("a", priced(0.0))))
    assert ([0.0, 50.0], []) == (told.reserved, told.spent)


@pytest.mark.parametrize("call", [None, ANSWERED])
async def test_a_last_word_without_a_cost_ends_the_wait(call: Call | None) -> None:
    """The money stays set aside: the call may have cost something."""
    told = Told(1.0)
    await told.reserve()
    told.wallet.spend()
    told.wallet.ended("a", ANSWERED)
    await told.wait_until((50, lambda: told.wallet.late("a", call)))
    assert ([0.0], [50.0]) == (told.reserved, told.spent)


async def test_a_cost_that_never_comes_is_not_waited_for_for_ever() -> None:
    """A last word that is never said ends the wait a little after it was due."""
    told = Told(1.0)
    await told.reserve()
    told.wallet.spend()
    told.wallet.ended("a", ANSWERED)
    await told.wait_until()
    assert ([0.0], [LATE_S]) == (told.reserved, told.spent)


async def test_the_last_word_corrects_a_cost() -> None:
    """Costs that were counted change; calls that nobody counted change nothing."""
    told = Told(9.0)
    for key, first in (("a", priced(0.5)), ("b", UNANSWERED)):
        await told.reserve()
        told.wallet.spend()
        told.wallet.ended(key, first)
    assert 0.5 == told.wallet.spent_usd
    told.wallet.late("a", priced(0.75))
    told.wallet.late("a", priced(5.0))
    told.wallet.late("b", priced(0.25))
    told.wallet.late("c", priced(5.0))
    assert 1.0 == told.wallet.spent_usd


async def test_a_wallet_knows_of_calls_under_way_by_itself() -> None:
    """Without anybody to say that calls are live, those being created are still waited for."""
    spent: list[float] = []
    purse = Purse(budget_usd=1.0, spending=Spending(), given_usd=1.0)
    wallet = Wallet(purse, lambda: spent.append(anyio.current_time()))
    await wallet.reserve()
    with anyio.move_on_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(wallet.reserve)
            await anyio.sleep(6.5)
            wallet.spend()
    assert [7.0] == spent
