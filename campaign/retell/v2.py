"""Today's dialect: `/v2/create-phone-call`, `/v2/get-call`, `/v3/list-calls`.

A listing goes on by the key that its last page gave, or, where a server gives none, by skipping
the calls that it has shown. Newest calls come first, so one that is created meanwhile shows
others twice and hides none.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from campaign.model import Call, CallPage, CallQuery, CallRequest
from campaign.retell import wire
from campaign.retell.seen import Seen
from campaign.retell.wire_calls import CallV2, CreateV2, to_call
from campaign.retell.wire_list import (
    Ask,
    Criteria,
    ListingError,
    ListV3,
    MetadataFilter,
    PageV3,
    StringFilter,
    campaign_of,
    claims,
    page_size,
)

CREATE_PATH = "/v2/create-phone-call"
LIST_PATH = "/v3/list-calls"
SKIPPED = "\0skip:"
"""Begins a cursor of ours: how many calls were shown, and the first of the last page."""


def call_path(call_id: str) -> str:
    """Return the path that tells how a call stands."""
    return f"/v2/get-call/{quote(call_id, safe='')}"


def encode_create(request: CallRequest) -> bytes:
    """Return the body of a create; `UnwritableError` where the request has none."""
    try:
        body = CreateV2(
            from_number=request.from_number,
            to_number=request.to_number,
            override_agent_id=request.agent_id or None,
            # 0 is a version.
            override_agent_version=None if request.agent_version == "" else request.agent_version,
            agent_override=dict(request.agent_override) or None,
            metadata=dict(request.metadata) or None,
            retell_llm_dynamic_variables=dict(request.variables) or None,
            custom_sip_headers=dict(request.sip_headers) or None,
            ignore_e164_validation=request.ignore_e164 or None,
            idempotency_key=request.idempotency_key or None,
            honor_internal_dnc=True,
        )
    except ValidationError as exc:
        raise wire.explain(exc) from None
    return wire.encode(body)


def parse_call(body: bytes, *, status: str = "") -> Call | None:
    """Read a call; `None` without a readable id. `status` stands in for a missing one."""
    fields = wire.load_object(body)
    return None if fields is None else to_call(CallV2.model_validate(fields), status=status)


def ask_page(query: CallQuery) -> Ask:
    """Return the request for one page.

    `since` is not sent: calls that have not started have no start time to compare.
    """
    skip, _first = _skipped(query.cursor)
    body = ListV3(
        filter_criteria=_criteria(query),
        sort_order="descending",
        limit=page_size(query),
        pagination_key=None if skip else query.cursor,
        skip=skip or None,
        # Counting costs the provider; once per listing is enough where it says how to go on.
        include_total=True if skip or query.cursor is None else None,
    )
    return Ask(
        method="POST", target=LIST_PATH, body=body.model_dump_json(exclude_none=True).encode()
    )


def _criteria(query: CallQuery) -> Criteria:
    metadata = [MetadataFilter(key="campaign_id", value=query.campaign_id)]
    if query.attempt_id is not None:
        metadata.append(MetadataFilter(key="attempt_id", value=query.attempt_id))
    number = None if query.to_number is None else StringFilter(value=query.to_number)
    return Criteria(metadata=metadata, to_number=number)


def parse_page(body: bytes, query: CallQuery, seen: Seen | None = None) -> CallPage:
    """Read one page; `ListingError` where the listing cannot be walked.

    Calls of another campaign, from a server that does not filter, are left out. `seen` has what
    was read of the page before.
    """
    page = PageV3.model_validate(wire.load_object(body) or {})
    if page.items is None:
        raise ListingError("the answer has no readable list of calls", final=False)
    items = [item for item in page.items if isinstance(item, dict)]
    found = [call for _, call in (seen or Seen()).read(items, CallV2)]
    if any(claims(item, query) for item, call in zip(items, found, strict=True) if call is None):
        raise ListingError("a listed call of this campaign has no readable id")
    ours = (None, query.campaign_id)
    calls = tuple(call for call in found if call and campaign_of(call) in ours)
    return CallPage(calls=calls, cursor=_cursor(page, page.items, query), total=page.total)


def _cursor(page: PageV3, items: list[Any], query: CallQuery) -> str | None:
    """Return where the listing goes on, `None` at its end.

    Only the server's own word ends it: a page that is full, or shorter than the total, is not the
    last one just because nothing says that there are more.
    """
    if page.has_more is False:
        return None
    if page.pagination_key:
        return _another(page.pagination_key, query)
    if not items and page.has_more:
        raise ListingError("the listing has more pages and does not say where")
    skip, first = _skipped(query.cursor)
    seen = skip + len(items)
    more = page.has_more or len(items) >= page_size(query) or seen < (page.total or 0)
    if not items or not more:
        return None
    now = str(items[0].get("call_id")) if isinstance(items[0], dict) else ""
    if skip and now == first:
        raise ListingError("the listing gives the same page again")
    return f"{SKIPPED}{seen}:{now}"


def _another(key: str, query: CallQuery) -> str:
    if key == query.cursor:
        raise ListingError("the listing gives the same page again")
    return key


def _skipped(cursor: str | None) -> tuple[int, str]:
    """Return how many calls a cursor of ours skips, 0 for any other, and what it has shown."""
    if cursor is None or not cursor.startswith(SKIPPED):
        return 0, ""
    skip, _, first = cursor.removeprefix(SKIPPED).partition(":")
    return int(skip), first
