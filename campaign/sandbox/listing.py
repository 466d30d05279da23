"""Listings: v3's pages by typed filters, v1's bare arrays by bracketed query parameters.

Both sort by when a call was made, which, unlike the start, every call has and keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs

from campaign.sandbox.answer import Answer, Ask, in_json, invalid, parsed
from campaign.sandbox.calls import CallRecord, Calls
from campaign.sandbox.filters import FilterError, Test, tests
from campaign.sandbox.plan import SandboxPlan
from campaign.sandbox.shapes import as_item, as_v1

MAX_LIMIT = 1000
DEFAULT_LIMIT = 50

ORDERS = frozenset({"ascending", "descending"})

V3_FIELDS = frozenset(
    {"filter_criteria", "sort_order", "limit", "pagination_key", "skip", "include_total"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a listing asks for, whichever version asked."""

    tests: tuple[Test, ...] = ()
    oldest_first: bool = False
    limit: int = DEFAULT_LIMIT
    after: str | None = None
    skip: int = 0
    total: bool = False


def list_v3(ask: Ask, calls: Calls, plan: SandboxPlan) -> Answer:
    """Answer `POST /v3/list-calls`."""
    try:
        query = _v3_query(parsed(ask.body or b"{}"))
        found = list(_found(query, calls, plan, ask.now_s))
    except FilterError as error:
        return invalid(str(error))
    except ValueError:
        return invalid("request/body must be valid JSON")
    page = found[query.skip : query.skip + query.limit]
    has_more = len(found) > query.skip + len(page)
    body: dict[str, Any] = {
        "items": [as_item(record, ask.now_s, plan) for record in page],
        "has_more": has_more,
    }
    if has_more:
        body["pagination_key"] = page[-1].call_id
    if query.total:
        every = Query(tests=query.tests)
        body["total"] = sum(1 for _ in _found(every, calls, plan, ask.now_s))
    return in_json(200, body)


def list_v1(ask: Ask, calls: Calls, plan: SandboxPlan) -> Answer:
    """Answer `GET /list-calls`."""
    try:
        query = _v1_query(parse_qs(ask.query, keep_blank_values=True))
        page = list(islice(_found(query, calls, plan, ask.now_s), query.limit))
    except FilterError as error:
        return invalid(str(error))
    return in_json(200, [as_v1(record, ask.now_s) for record in page])


def _found(query: Query, calls: Calls, plan: SandboxPlan, now_s: float) -> Iterator[CallRecord]:
    last = None
    if query.after is not None and (last := calls.by_id.get(query.after)) is None:
        raise FilterError(f"Invalid pagination_key: {query.after}")
    for record in calls.listed(oldest_first=query.oldest_first):
        if record.created_s + plan.listing_lag_s > now_s:
            continue
        if last and (record.ordinal > last.ordinal) is not query.oldest_first:
            continue
        if record is not last and all(test(record, now_s) for test in query.tests):
            yield record


def _v3_query(body: Any) -> Query:
    if not isinstance(body, dict):
        raise FilterError("request/body must be object")
    if unknown := body.keys() - V3_FIELDS:
        raise FilterError(f"request/body must NOT have additional properties: {min(unknown)}")
    skip = _whole(body.get("skip", 0), "skip", 0, None)
    if skip and "pagination_key" in body:
        raise FilterError("request/body must have either skip or pagination_key")
    if not isinstance(body.get("include_total", False), bool):
        raise FilterError("request/body/include_total must be boolean")
    return Query(
        tests=tuple(tests(body.get("filter_criteria", {}))),
        oldest_first=_order(body.get("sort_order", "descending")),
        limit=_whole(body.get("limit", DEFAULT_LIMIT), "limit", 1, MAX_LIMIT),
        after=_cursor(body.get("pagination_key")),
        skip=skip,
        total=body.get("include_total", False),
    )


def _order(value: Any) -> bool:
    if not isinstance(value, str) or value not in ORDERS:
        raise FilterError("request/body/sort_order must be equal to one of the allowed values")
    return value == "ascending"


def _cursor(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise FilterError("request/body/pagination_key must be string")
    return value


def _whole(value: Any, name: str, low: int, high: int | None) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise FilterError(f"request/body/{name} must be integer")
    if value < low:
        raise FilterError(f"request/body/{name} must be >= {low}")
    if high is not None and value > high:
        raise FilterError(f"request/body/{name} must be <= {high}")
    return value


def _v1_query(params: Mapping[str, list[str]]) -> Query:
    fields: dict[str, Any] = {}
    found: list[Test] = []
    for name, values in params.items():
        if name in V1_FILTERS:
            found.append(_v1_test(V1_FILTERS[name], values))
        elif name == "limit":
            fields["limit"] = _whole(_number(values[-1], name), name, 1, MAX_LIMIT)
        elif name == "sort_order":
            fields["oldest_first"] = _order(values[-1])
        elif name == "pagination_key":
            fields["after"] = values[-1]
        else:
            raise FilterError(f"request/query must NOT have additional properties: {name}")
    return Query(tests=tuple(found), **fields)


V1_FILTERS: Mapping[str, str] = MappingProxyType(
    {
        f"filter_criteria[{name}]{array}": name
        for name, array in {
            "agent_id": "[]",
            "after_start_timestamp": "",
            "before_start_timestamp": "",
            "after_end_timestamp": "",
            "before_end_timestamp": "",
        }.items()
    }
)


def _v1_test(name: str, values: list[str]) -> Test:
    if name == "agent_id":
        return lambda record, _: record.agent_id in values
    bound_ms = _number(values[-1], name)
    side, which = name.split("_")[:2]

    def test(record: CallRecord, now_s: float) -> bool:
        have = record.start_ms(now_s) if which == "start" else record.end_ms(now_s)
        if have is None:
            return False
        return have >= bound_ms if side == "after" else have <= bound_ms

    return test


def _number(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise FilterError(f"request/query/{name} must be integer") from None
