"""What a failed request means for a call that may exist: one pure table.

Source: the provider's documented and recorded errors. For a *create*:

=================================  ==========================================================
401, 403                           KEY
402, 3xx                           RUN: money; a wrong base URL (a redirect is never followed)
404 `Cannot POST`                  RUN: this server does not have the path (v1 is gone)
404 `Item ... not found`, the 422  RUN, or ROW where the row chose the number or the agent
400 `No outbound agent`            RUN, or ROW where the row chose the agent
429                                THROTTLED: nothing was created
408, 409, 499, 5xx, all the rest   UNKNOWN: a call may exist
any other 4xx                      ROW
=================================  ==========================================================

A *read* goes through the same table. There UNKNOWN says only that no answer came, so it may be
asked again, as after NOT_SENT and THROTTLED; ROW says that this question was refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

import httpx

from campaign.model import Fault, FaultKind
from campaign.retell import wire

Api: TypeAlias = Literal["v2", "v1"]

MAX_WORDS = 300
MAX_WAIT_S = 3600.0
"""No limit of the provider's has a longer window; a longer wait is not believed."""

CONCURRENCY = "concurrency"

NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)

MAYBE_DONE = frozenset({408, 409, 499})

NO_ROUTE = re.compile(r"\bcannot (post|get) /", re.IGNORECASE)
NO_ITEM = re.compile(r"\bitem\b.*\bnot found(?P<place>.*)", re.IGNORECASE | re.DOTALL)
NO_ASSET = re.compile(r"cannot find requested asset", re.IGNORECASE)
NO_AGENT = re.compile(r"no outbound agent", re.IGNORECASE)
NO_CALL = re.compile(r"do.?not.?call|dnc", re.IGNORECASE)
NO_LINE = re.compile(
    r"concurrency"
    r"|concurrent(ly)?\W+(\w+\W+){0,3}calls?\b"
    r"|\bcalls?\W+(\w+\W+){0,3}concurrent",
    re.IGNORECASE,
)
SECONDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")

KEY_HINT = "check RETELL_API_KEY"
MONEY_HINT = "settle the account's billing at the provider"
BASE_HINT = "the base URL is wrong: --base-url must lead to the API itself"
V1_HINT = "this server has no v1 (the provider has switched it off): use --api v2"
NUMBER_HINT = "the caller number is not one of this account's: check --from"
AGENT_HINT = "the agent is not one of this account's: check --agent"
BIND_HINT = "bind an outbound agent to the caller number, or give --agent"
DNC_HINT = "the number is on the provider's do-not-call list"


def of_status(
    status: int,
    headers: Mapping[str, str],
    body_text: str,
    *,
    own_agent: bool = False,
    own_caller: bool = False,
    api: Api = "v2",
    now: datetime | None = None,
) -> Fault:
    """Say what an answer means that brought nothing usable.

    `headers` are looked up in lower case. `now` serves a `retry-after` that is a date, where
    the answer has no `date` of its own.
    """
    words = said(body_text)
    kind, hint = _verdict(status, words, own_agent=own_agent, own_caller=own_caller, api=api)
    throttled = kind is FaultKind.THROTTLED
    return Fault(
        kind=kind,
        message=worded(words, status, hint),
        status=status,
        retry_after_s=retry_after_s(headers, now=now) if throttled else None,
        limiter=limiter(headers, words) if throttled else None,
        do_not_call=hint == DNC_HINT,
    )


def limiter(headers: Mapping[str, str], words: str) -> str | None:
    """Return what throttled: the provider's own name for it, else what its words speak of.

    `"concurrency"` is the one name that is ours: a refusal for want of a free line may come
    without any header.
    """
    named = headers.get("x-ratelimit-limiter", "")[:40]
    return named or (CONCURRENCY if NO_LINE.search(words) else None)


def of_exception(exc: Exception) -> Fault:
    """Say what an exception of the transport means."""
    name = type(exc).__name__
    # A LocalProtocolError quotes the header it stumbled over, which may be the key's.
    text = "" if isinstance(exc, httpx.LocalProtocolError) else _one_line(str(exc))
    reason = f"{name}: {text}" if text else name
    if isinstance(exc, NOT_SENT):
        return Fault(kind=FaultKind.NOT_SENT, message=f"nothing was sent ({reason})")
    return Fault(kind=FaultKind.UNKNOWN, message=f"no answer came ({reason})")


def unreadable(status: int, what: str) -> Fault:
    """Say that a 2xx came without what was asked for."""
    return Fault(
        kind=FaultKind.UNKNOWN,
        message=f"the answer has no readable {what} (HTTP {status})",
        status=status,
    )


def has_no_route(status: int, body_text: str) -> bool:
    """Tell a server that lacks the path from one that lacks the thing."""
    return status == 404 and NO_ROUTE.search(body_text) is not None


def has_no_item(status: int, body_text: str) -> bool:
    """Tell whether the provider says that it looked, and that the thing is not the account's."""
    return status == 404 and NO_ITEM.search(body_text) is not None


def said(body_text: str) -> str:
    """Return the provider's own words, on one line: `message`, `error_message`, or the text."""
    fields = wire.load_object(body_text.encode("utf-8", "replace")) or {}
    found = [fields[name] for name in ("error_message", "message") if fields.get(name)]
    words = [one if isinstance(one, str) else str(one) for one in found]
    return _one_line("; ".join(dict.fromkeys(words)) or body_text)


def worded(words: str, status: int, hint: str = "") -> str:
    """Return a message: the provider's words, cut to a length that fits a cell, and our hint."""
    shown = words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"
    message = f"{shown} (HTTP {status})" if shown else f"HTTP {status}"
    return f"{message}; {hint}" if hint else message


def retry_after_s(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Return how long to wait, in seconds, as far as the answer says it credibly."""
    after = headers.get("retry-after", "")
    for wait_s in (
        _seconds(after),
        _until(after, headers.get("date", ""), now),
        _seconds(headers.get("ratelimit-reset", "")),
    ):
        if wait_s is not None and wait_s <= MAX_WAIT_S:
            return wait_s
    return None


def moment(http_date: str) -> datetime | None:
    """Return the moment of an HTTP date, aware UTC; `None` where it is none."""
    try:
        found = parsedate_to_datetime(http_date)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _verdict(
    status: int, words: str, *, own_agent: bool, own_caller: bool, api: Api
) -> tuple[FaultKind, str]:
    if status in (401, 403):
        return FaultKind.KEY, KEY_HINT
    if status == 402:
        return FaultKind.RUN, MONEY_HINT
    if status == 429:
        return FaultKind.THROTTLED, ""
    if 300 <= status < 400:
        return FaultKind.RUN, BASE_HINT
    if status in MAYBE_DONE or not 400 <= status < 500:
        return FaultKind.UNKNOWN, ""
    if status == 404:
        return _not_found(words, own_agent=own_agent, own_caller=own_caller, api=api)
    if status == 422 and NO_ASSET.search(words):
        return _whose(AGENT_HINT, own=own_agent)
    if status == 400 and NO_AGENT.search(words):
        return _whose(BIND_HINT, own=own_agent)
    if status == 400 and NO_CALL.search(words):
        return FaultKind.ROW, DNC_HINT
    return FaultKind.ROW, ""


def _not_found(words: str, *, own_agent: bool, own_caller: bool, api: Api) -> tuple[FaultKind, str]:
    if NO_ROUTE.search(words):
        return FaultKind.RUN, V1_HINT if api == "v1" else BASE_HINT
    item = NO_ITEM.search(words)
    if item is None:
        return FaultKind.ROW, ""
    if "agent" in item["place"].lower():
        return _whose(AGENT_HINT, own=own_agent)
    return _whose(NUMBER_HINT, own=own_caller)


def _whose(hint: str, *, own: bool) -> tuple[FaultKind, str]:
    return (FaultKind.ROW, "") if own else (FaultKind.RUN, hint)


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text[:4096]).split())


def _seconds(text: str) -> float | None:
    text = text.strip()
    return float(text) if SECONDS.fullmatch(text) else None


def _until(text: str, date: str, now: datetime | None) -> float | None:
    # The provider's own clock is the better one to take the difference from.
    then, since = moment(text), moment(date) or now
    if then is None or since is None:
        return None
    return max(0.0, (then - since).total_seconds())
