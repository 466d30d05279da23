"""Today's dialect: `/v2/create-phone-call`, `/v2/get-call`, `/v3/list-calls`."""

from __future__ import annotations

from urllib.parse import quote

from pydantic import ValidationError

from campaign.model import Call, CallPage, CallQuery, CallRequest
from campaign.retell import wire
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
    page_size,
)

CREATE_PATH = "/v2/create-phone-call"
LIST_PATH = "/v3/list-calls"


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
    body = ListV3(
        filter_criteria=_criteria(query),
        sort_order="descending",
        limit=page_size(query),
        pagination_key=query.cursor,
        # Counting costs the provider; once per listing is enough.
        include_total=True if query.cursor is None else None,
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


def parse_page(body: bytes, query: CallQuery) -> CallPage:
    """Read one page; `ListingError` where the listing cannot be walked.

    Calls of another campaign, from a server that does not filter, are left out.
    """
    page = PageV3.model_validate(wire.load_object(body) or {})
    if page.items is None:
        raise ListingError("the answer has no readable list of calls", final=False)
    cursor = None if page.has_more is False else page.pagination_key or None
    if page.has_more and cursor is None:
        raise ListingError("the listing has more pages and does not say where")
    if cursor is not None and cursor == query.cursor:
        raise ListingError("the listing gives the same page again")
    answers = [CallV2.model_validate(item) for item in page.items if isinstance(item, dict)]
    found = (to_call(answer, status="") for answer in answers)
    ours = (None, query.campaign_id)
    calls = tuple(call for call in found if call and campaign_of(call) in ours)
    return CallPage(calls=calls, cursor=cursor, total=page.total)
