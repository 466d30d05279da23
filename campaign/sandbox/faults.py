"""Planned misbehaviour: which request meets which fault, and what that looks like.

A fault is drawn from the seed, the number that is called and how many creates there were for it,
so the order in which concurrent requests arrive changes nothing. Scripts count requests from 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import StrEnum

from campaign.errors import ConfigError
from campaign.sandbox.answer import Answer, in_json, in_text, refused
from campaign.sandbox.seed import rng


class FaultName(StrEnum):
    """What can go wrong with one request."""

    THROTTLE = "throttle"
    """429 with `retry-after` in seconds; nothing is created."""
    THROTTLE_DATE = "throttle_date"
    """429 with `retry-after` as an HTTP date."""
    THROTTLE_ABSURD = "throttle_absurd"
    """429 that asks to wait for 30 years."""
    ERROR_BEFORE = "error_before"
    """500, and nothing was created."""
    RESET_BEFORE = "reset_before"
    """The connection is reset, and nothing was created."""
    STALL_BEFORE = "stall_before"
    """No answer ever comes, and nothing was created."""
    REDIRECT = "redirect"
    """302 to the same path."""
    REDIRECT_KEEPING = "redirect_keeping"
    """307 to the same path: a client that follows it sends the create once more."""
    ERROR_AFTER = "error_after"
    """500, although the call was created."""
    RESET_AFTER = "reset_after"
    """The connection is reset after the call was created."""
    STALL_AFTER = "stall_after"
    """No answer ever comes, although the call was created."""
    SLOW = "slow"
    """The right answer, late."""
    CUT_BODY = "cut_body"
    """The connection closes in the middle of the answer's body."""
    BROKEN_JSON = "broken_json"
    """201 with half a JSON document, whole as far as HTTP can tell."""
    WRONG_JSON = "wrong_json"
    """201 with `[]`."""
    WRONG_TEXT = "wrong_text"
    """201 with text."""
    NO_CALL_ID = "no_call_id"
    """201 with the call, but not its id."""
    LIST_ERROR = "list_error"
    """A listing is answered with 503."""
    LIST_RESET = "list_reset"
    """The connection is reset under a listing."""
    LIST_GARBAGE = "list_garbage"
    """A listing is answered with text."""
    GET_ERROR = "get_error"
    """A look at one call is answered with 500."""


LISTS = frozenset({FaultName.LIST_ERROR, FaultName.LIST_RESET, FaultName.LIST_GARBAGE})
GETS = frozenset({FaultName.GET_ERROR})
CREATES = frozenset(FaultName) - LISTS - GETS
BEFORE = frozenset(
    {
        FaultName.THROTTLE,
        FaultName.THROTTLE_DATE,
        FaultName.THROTTLE_ABSURD,
        FaultName.ERROR_BEFORE,
        FaultName.RESET_BEFORE,
        FaultName.STALL_BEFORE,
        FaultName.REDIRECT,
        FaultName.REDIRECT_KEEPING,
    }
)
"""Faults of a create after which no call exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """Which requests meet a fault.

    `rates` are shares of requests (of creates, listings, looks: each name belongs to one kind).
    `script`, `list_script` and `get_script` name a fault for the nth request of their kind,
    `by_number` for the creates to one number in turn (`None`: no fault). Scripts win over rates.
    """

    rates: Mapping[FaultName, float] = field(default_factory=dict)
    script: Mapping[int, FaultName] = field(default_factory=dict)
    list_script: Mapping[int, FaultName] = field(default_factory=dict)
    get_script: Mapping[int, FaultName] = field(default_factory=dict)
    by_number: Mapping[str, Sequence[FaultName | None]] = field(default_factory=dict)
    seed: int = 0
    retry_after_s: int = 2
    slow_s: float = 3.0

    def __post_init__(self) -> None:
        _check(self.rates, frozenset(FaultName), "rates")
        _check(self.script.values(), CREATES, "script")
        _check(self.list_script.values(), LISTS, "list_script")
        _check(self.get_script.values(), GETS, "get_script")
        for number, names in self.by_number.items():
            _check((name for name in names if name), CREATES, f"by_number[{number!r}]")
        for kind in (CREATES, LISTS, GETS):
            if (total := sum(self.rates.get(name, 0.0) for name in kind)) > 1:
                raise ConfigError(
                    f"the rates of faults of one kind of request add up to {total!r}",
                    hint="keep the sum at 1 or less",
                )

    def of_create(self, ordinal: int, to_number: str, nth: int) -> FaultName | None:
        """Return the fault of a create: the `ordinal`th of all, the `nth` to this number."""
        own = self.by_number.get(to_number, ())
        if nth <= len(own):
            return _named(own[nth - 1])
        return _named(self.script.get(ordinal)) or self._drawn(CREATES, to_number, nth)

    def of_list(self, ordinal: int) -> FaultName | None:
        """Return the fault of the `ordinal`th listing."""
        return _named(self.list_script.get(ordinal)) or self._drawn(LISTS, "list", ordinal)

    def of_get(self, ordinal: int) -> FaultName | None:
        """Return the fault of the `ordinal`th look at a single call."""
        return _named(self.get_script.get(ordinal)) or self._drawn(GETS, "get", ordinal)

    def _drawn(self, kind: frozenset[FaultName], *names: object) -> FaultName | None:
        rates = [(name, rate) for name, rate in self.rates.items() if name in kind]
        if not rates:
            return None
        left = rng(self.seed, *names).random()
        for name, rate in sorted(rates):
            left -= rate
            if left < 0:
                return FaultName(name)
        return None


def instead(name: FaultName, plan: FaultPlan, path: str, now_s: float) -> Answer:
    """Return what a create (or a read) gets in place of being handled."""
    match name:
        case FaultName.THROTTLE:
            return _throttled(str(plan.retry_after_s))
        case FaultName.THROTTLE_DATE:
            return _throttled(formatdate(now_s + plan.retry_after_s, usegmt=True))
        case FaultName.THROTTLE_ABSURD:
            return _throttled("1000000000")
        case FaultName.REDIRECT | FaultName.REDIRECT_KEEPING:
            status = 302 if name is FaultName.REDIRECT else 307
            return in_text(status, "Redirecting", {"location": path})
        case FaultName.LIST_GARBAGE:
            return in_text(200, "<html>It works!</html>")
        case FaultName.LIST_ERROR:
            return in_text(503, "upstream connect error")
        case FaultName.STALL_BEFORE:
            return Answer(status=500, cut="stall")
        case FaultName.RESET_BEFORE | FaultName.LIST_RESET:
            return Answer(status=500, cut="before")
        case _:
            return broken()


def broken() -> Answer:
    """Return the answer of a server that broke down."""
    return refused(500, "An unexpected server error occurred.")


def spoiled(name: FaultName, plan: FaultPlan, answer: Answer) -> Answer:
    """Return what a create gets whose call exists and whose answer was `answer`."""
    match name:
        case FaultName.ERROR_AFTER:
            return broken()
        case FaultName.RESET_AFTER:
            return replace(answer, cut="after")
        case FaultName.STALL_AFTER:
            return replace(answer, cut="stall")
        case FaultName.SLOW:
            return replace(answer, delay_s=plan.slow_s)
        case FaultName.CUT_BODY:
            return replace(answer, cut="truncate")
        case FaultName.BROKEN_JSON:
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case FaultName.NO_CALL_ID:
            return replace(answer, body=answer.body.replace(b'"call_id":', b'"id":'))
        case FaultName.WRONG_TEXT:
            return in_text(201, "Created")
        case _:
            return in_json(201, [])


def _named(name: str | None) -> FaultName | None:
    # A plan read from a file has plain text here.
    return FaultName(name) if name else None


def _throttled(retry_after: str) -> Answer:
    headers = {"retry-after": retry_after, "x-ratelimit-limiter": "call"}
    return refused(429, "Too many API requests. Please try again later.", headers=headers)


def _check(names: Iterable[str], kind: frozenset[FaultName], where: str) -> None:
    for name in names:
        if name not in kind:
            raise ConfigError(
                f"{name!r} in the fault plan's {where} is no fault that can happen there",
                hint=f"one of {', '.join(sorted(kind))}",
            )
