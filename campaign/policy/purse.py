"""Money: whether one more call fits in the budget.

What was spent counts as the provider says it. A call that may still cost something counts as much
as a call is expected to cost, from before its request leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from campaign.model import Call, Outcome, Spending
from campaign.policy import disposition

_ROUNDING_USD = 1e-9

LATE_S = 90.0
"""For so long after its end the cost of a call may still come: a little over its analysis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A budget and what is used of it; dollars. `given_usd` is the cost per call as told."""

    budget_usd: float
    spending: Spending
    given_usd: float | None = None
    earlier: Spending = field(default_factory=Spending)
    """Of the ledger's other campaigns: where neither history nor a figure is there."""

    @property
    def per_call_usd(self) -> float | None:
        """Return what a call is expected to cost, `None` where nothing tells.

        A figure that was told is too low once the campaign's own calls have cost more.
        """
        own_usd = mean_usd(self.spending)
        if self.given_usd is None:
            return mean_usd(self.earlier) if own_usd is None else own_usd
        return self.given_usd if own_usd is None else max(self.given_usd, own_usd)

    @property
    def fits(self) -> bool:
        """Tell whether one more call would stay within the budget."""
        expected = (self.spending.open + 1) * (self.per_call_usd or 0.0)
        return self.spending.spent_usd + expected <= self.budget_usd + _ROUNDING_USD


def mean_usd(spending: Spending) -> float | None:
    """Return the mean cost of the calls that have one, `None` without any."""
    return spending.spent_usd / spending.priced if spending.priced else None


def reserved(purse: Purse) -> Purse:
    """Return the purse with one more call that may cost something."""
    return replace(purse, spending=replace(purse.spending, open=purse.spending.open + 1))


def returned(purse: Purse) -> Purse:
    """Return the purse after a call that was not created after all, or cost nothing."""
    return replace(purse, spending=replace(purse.spending, open=purse.spending.open - 1))


def ended(purse: Purse, call: Call | None) -> Purse:
    """Return the purse after the end of a call: a cost that is still to come stays expected."""
    if call is None:
        return returned(purse)
    if call.cost_usd is None:
        return purse if may_cost(call) else returned(purse)
    return priced(purse, call.cost_usd)


def priced(purse: Purse, cost_usd: float) -> Purse:
    """Return the purse after the cost of an open call has become known."""
    spending = purse.spending
    return replace(
        purse,
        spending=Spending(
            spent_usd=spending.spent_usd + cost_usd,
            priced=spending.priced + 1,
            open=spending.open - 1,
        ),
    )


def corrected(purse: Purse, before_usd: float | None, cost_usd: float) -> Purse:
    """Return the purse after the last word on a call's cost; `before_usd` was counted so far."""
    if before_usd is None:
        return priced(purse, cost_usd)
    spending = purse.spending
    return replace(
        purse, spending=replace(spending, spent_usd=spending.spent_usd - before_usd + cost_usd)
    )


def may_cost(call: Call) -> bool:
    """Tell whether a call without a cost may still get one: somebody or something answered."""
    return call.cost_usd is None and disposition.of_call(call) in {
        Outcome.PLACED,
        Outcome.ANSWERED,
        Outcome.VOICEMAIL,
    }
