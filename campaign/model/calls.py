"""Contacts, and what the provider is asked and says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaign.model.nothing import empty
from campaign.model.words import FaultKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a contact may be; `regions` and `zones` are all that are possible."""

    country: str | None = None
    regions: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()


NOWHERE = Location()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One callable row of the list.

    `row` counts from 0 in the list. `key` is the contact's identity within the campaign.
    `to_number` is E.164 (or as written, with `ignore_e164`). A field that is `None` was not
    on the list.
    """

    row: int
    key: str
    to_number: str
    variables: Mapping[str, str] = field(default_factory=empty)
    metadata: Mapping[str, Any] = field(default_factory=empty)
    sip_headers: Mapping[str, str] = field(default_factory=empty)
    from_number: str | None = None
    agent_id: str | None = None
    agent_version: int | str | None = None
    ignore_e164: bool = False
    timezone: str | None = None
    drop_machine: bool | None = None
    location: Location = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """One create, in the provider's terms but not in its spelling.

    `own_agent` and `own_caller` tell that the row, not the campaign, chose the agent or the
    caller number: a refusal of these then concerns the row alone.
    """

    from_number: str
    to_number: str
    idempotency_key: str
    metadata: Mapping[str, Any] = field(default_factory=empty)
    variables: Mapping[str, str] = field(default_factory=empty)
    sip_headers: Mapping[str, str] = field(default_factory=empty)
    agent_override: Mapping[str, Any] = field(default_factory=empty)
    agent_id: str | None = None
    agent_version: int | str | None = None
    ignore_e164: bool = False
    drop_machine: bool | None = None
    own_agent: bool = False
    own_caller: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What the provider says of a call; `None` where it said nothing.

    Times are aware UTC, `duration_s` seconds, `cost_usd` dollars. `status` and
    `disconnection_reason` are the provider's own words, unknown ones included.
    """

    call_id: str
    status: str
    to_number: str | None = None
    from_number: str | None = None
    agent_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=empty)
    disconnection_reason: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    duration_s: float | None = None
    cost_usd: float | None = None
    summary: str | None = None
    sentiment: str | None = None
    successful: bool | None = None
    in_voicemail: bool | None = None
    analysis: Mapping[str, Any] | None = None
    collected: Mapping[str, Any] | None = None
    recording_url: str | None = None
    transcript: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A request that brought no usable answer.

    `retry_after_s` and `limiter` are set on `THROTTLED` only, as far as the provider said.
    `do_not_call` tells that the provider keeps the number on a do-not-call list.
    """

    kind: FaultKind
    message: str
    status: int | None = None
    retry_after_s: float | None = None
    limiter: str | None = None
    do_not_call: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """The provider does not know the thing that was asked for (404 or 422 on a read)."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Whose API key it is; `org_id` stays when keys are rotated."""

    org_id: str
    org_name: str | None = None
    api_key_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Concurrency:
    """Live calls of the whole account, others' included, and what bounds them."""

    current: int
    limit: int
    reserved_inbound: int = 0
    burst_limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerNumber:
    """A number of the account: who provides it, which agents answer for it, where it may call.

    What is `None` was not told; without countries it may call everywhere.
    """

    number: str
    kind: str | None = None
    outbound_agents: tuple[str, ...] | None = None
    allowed_countries: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """Which calls to list: a campaign's, newest first, from `cursor` on.

    `attempt_id` and `to_number` narrow it to one attempt. Calls that started before `since` may
    be left out (v1 walks back in time and ends there); neither status nor time is ever a filter,
    because a call that has not started has no time.
    """

    campaign_id: str
    attempt_id: str | None = None
    to_number: str | None = None
    since: datetime | None = None
    cursor: str | None = None
    limit: int = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """One page of a listing, newest first; `cursor` is `None` on the last one."""

    calls: tuple[Call, ...]
    cursor: str | None = None
    total: int | None = None
