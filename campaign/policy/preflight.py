"""What the provider's word on the account means for a run, before its first call.

Source: the provider's documented ceilings of calls started per second, by kind of caller number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from campaign.errors import CampaignError, ConfigError, HaltError, KeyRefusedError
from campaign.model import CallerNumber, Concurrency, Fault, FaultKind, Missing
from campaign.policy.masking import mask

CEILINGS: Mapping[str, float] = MappingProxyType(
    {"retell-twilio": 5.0, "retell-telnyx": 16.0, "custom": 150.0}
)
"""Most calls started per second by a number of each kind; other kinds have none that is known."""

LASTING = frozenset({FaultKind.KEY, FaultKind.RUN, FaultKind.ROW})
"""Faults that are the same when the question is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller number as a run uses it.

    `listed` tells that it comes from the list and not from `--from`, `has_agents` that every call
    from it names its agent.
    """

    number: str
    listed: bool = False
    has_agents: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What an answer means: an `error` that ends the run before it begins, a `notice`, or nothing.

    `lacking` tells that the server has no answers of this kind at all: it is not asked again.
    """

    error: CampaignError | None = None
    notice: str | None = None
    lacking: bool = False


NOTHING = Finding()


def may_ask_again(answer: object) -> bool:
    """Tell whether the same question may bring another answer."""
    return isinstance(answer, Fault) and answer.kind not in LASTING


def of_caller(
    answer: CallerNumber | Missing | Fault, caller: Caller, *, per_second: float | None
) -> Finding:
    """Return what is known of a caller number; `per_second` is its pace, `None` for any."""
    if isinstance(answer, Missing):
        return _lacking("get-phone-number", "the caller numbers are not checked")
    if isinstance(answer, Fault):
        return _refused(answer, caller)
    if answer.outbound_agents == () and not caller.has_agents:
        return Finding(
            error=HaltError(
                f"the caller number {caller.number!r} has no agent for outbound calls",
                hint="bind one to it at the provider, or give --agent; nobody was called",
            )
        )
    ceiling = CEILINGS.get(answer.kind or "")
    if per_second is not None and ceiling is not None and per_second > ceiling:
        return Finding(
            error=ConfigError(
                f"--cps {per_second:g} is more than the caller number {caller.number!r} may start:"
                f" a {answer.kind} number starts at most {ceiling:g} calls per second",
                hint=f"give --cps {ceiling:g} or less, or more caller numbers",
            )
        )
    return NOTHING


def _refused(fault: Fault, caller: Caller) -> Finding:
    if fault.kind is FaultKind.KEY:
        return Finding(error=KeyRefusedError(fault.message, hint="check RETELL_API_KEY"))
    if fault.kind is not FaultKind.RUN:
        return _unanswered("caller numbers", fault)
    if caller.listed:
        return Finding(
            notice=f"the list's caller number {mask(caller.number)} cannot be used"
            f" ({fault.message}): calls from it will fail"
        )
    return Finding(
        error=HaltError(
            f"the caller number {caller.number!r} cannot be used: {fault.message}",
            hint="nobody was called",
        )
    )


def of_lines(answer: Concurrency | Missing | Fault, *, max_live: int) -> Finding:
    """Return what the account's lines mean for a run that wants `max_live` of them."""
    if isinstance(answer, Missing):
        return _lacking("get-concurrency", "the account's lines are not checked")
    if isinstance(answer, Fault):
        if answer.kind is FaultKind.KEY:
            return Finding(error=KeyRefusedError(answer.message, hint="check RETELL_API_KEY"))
        return _unanswered("lines", answer)
    ours = answer.limit - answer.reserved_inbound
    if ours <= 0:
        return Finding(
            error=HaltError(
                f"the account has no line for outbound calls (a limit of {answer.limit},"
                f" {answer.reserved_inbound} kept for inbound ones)",
                hint="change either at the provider; nobody was called",
            )
        )
    if ours >= max_live:
        return NOTHING
    return Finding(
        notice=f"--max-live is {max_live}, and the account has {ours} lines for outbound"
        f" calls (a limit of {answer.limit}, {answer.reserved_inbound} kept for inbound ones):"
        " it will not have more calls live at once"
    )


def where_to(allowed: Mapping[str, frozenset[str]]) -> str | None:
    """Return a notice on caller numbers that may call some countries only, by number."""
    if not allowed:
        return None
    told = "; ".join(
        f"{mask(number)} may call {', '.join(sorted(countries))} only"
        for number, countries in allowed.items()
    )
    return f"{told}: contacts elsewhere are not called"


def barred(
    allowed: Mapping[str, frozenset[str]], from_number: str, country: str | None
) -> str | None:
    """Return why a caller number may not call a country, `None` where it may or nobody knows."""
    countries = allowed.get(from_number)
    if countries is None or country is None or country in countries:
        return None
    return f"the caller number may not call {country}: allow it at the provider"


def _lacking(endpoint: str, what: str) -> Finding:
    return Finding(notice=f"the server has no {endpoint}: {what}", lacking=True)


def _unanswered(what: str, fault: Fault) -> Finding:
    return Finding(
        notice=f"the provider cannot be asked about its {what} ({fault.message}): going on"
        " without that check",
        lacking=fault.kind is not FaultKind.ROW,
    )
