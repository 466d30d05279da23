"""The old dialect, spoken by compatible servers: `/create-phone-call`, `/get-call`, `/list-calls`.

v1 has no idempotency key, and its listing filters by agent and time only. So a campaign's calls
are found by walking back in time, page by page, and reading each call's metadata. A cursor is
`<ms>:<n>`: page n holds calls that started before that moment. The calls at a page's edge come
again on the next one, so whoever reads a listing must bear to meet a call twice.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from pydantic import ValidationError

from campaign.model import Call, CallPage, CallQuery, CallRequest
from campaign.retell import wire
from campaign.retell.seen import Seen
from campaign.retell.wire_calls import CallV1, CreateV1, to_call
from campaign.retell.wire_list import Ask, ListingError, campaign_of, claims, page_size

CREATE_PATH = "/create-phone-call"
LIST_PATH = "/list-calls"
MAX_PAGES = 1000
"""A walk is a million calls at most; a longer one is refused, never cut short in silence."""


def call_path(call_id: str) -> str:
    """Return the path that tells how a call stands."""
    return f"/get-call/{quote(call_id, safe='')}"


def encode_create(request: CallRequest) -> bytes:
    """Return the body of a create; `UnwritableError` where the request has none."""
    try:
        body = CreateV1(
            from_number=request.from_number,
            to_number=request.to_number,
            override_agent_id=request.agent_id or None,
            metadata=dict(request.metadata) or None,
            retell_llm_dynamic_variables=dict(request.variables) or None,
            drop_call_if_machine_detected=request.drop_machine,
        )
    except ValidationError as exc:
        raise wire.explain(exc) from None
    return wire.encode(body)


def parse_call(body: bytes, *, status: str = "") -> Call | None:
    """Read a call; `None` without a readable id. `status` stands in for a missing one."""
    fields = wire.load_object(body)
    return None if fields is None else to_call(CallV1.model_validate(fields), status=status)


def ask_page(query: CallQuery) -> Ask:
    """Return the request for one page."""
    fields = {"sort_order": "descending", "limit": str(page_size(query))}
    before_ms, _page = _where(query.cursor)
    if before_ms is not None:
        fields["filter_criteria[before_start_timestamp]"] = str(before_ms)
    return Ask(method="GET", target=f"{LIST_PATH}?{urlencode(fields)}")


def parse_page(body: bytes, query: CallQuery, seen: Seen | None = None) -> CallPage:
    """Read one page; `ListingError` where the listing cannot be walked.

    `seen` has what was read of the page before.
    """
    items = _items(body)
    objects = [item for item in items if isinstance(item, dict)]
    read = (seen or Seen()).read(objects, CallV1)
    answers, found = [answer for answer, _ in read], [call for _, call in read]
    if any(claims(item, query) for item, call in zip(objects, found, strict=True) if call is None):
        raise ListingError("a listed call of this campaign has no readable id")
    calls = tuple(call for call in found if call and campaign_of(call) == query.campaign_id)
    starts = [answer.start_timestamp for answer in answers if answer.start_timestamp is not None]
    oldest_ms = int(min(starts)) if starts else None
    return CallPage(calls=calls, cursor=_next(oldest_ms, len(items), query))


def _items(body: bytes) -> list[Any]:
    try:
        items = wire.load(body)
    except ValueError:
        items = None
    if not isinstance(items, list):
        raise ListingError("the answer has no readable list of calls", final=False)
    return items


def _next(oldest_ms: int | None, items: int, query: CallQuery) -> str | None:
    before_ms, page = _where(query.cursor)
    if oldest_ms is not None and query.since and oldest_ms < query.since.timestamp() * 1000:
        return None
    # The bound is exclusive, so one is added: calls of the same millisecond may have been cut off.
    if oldest_ms is None or (before_ms is not None and oldest_ms + 1 >= before_ms):
        if items >= page_size(query):
            raise ListingError("the listing gives the same page again")
        return None
    if page + 1 >= MAX_PAGES:
        raise ListingError(f"the listing goes on after {MAX_PAGES} pages")
    return f"{oldest_ms + 1}:{page + 1}"


def _where(cursor: str | None) -> tuple[int | None, int]:
    if cursor is None:
        return None, 0
    before_ms, _, page = cursor.partition(":")
    return int(before_ms), int(page)
