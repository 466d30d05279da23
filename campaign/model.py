"""The frozen values that travel from the list to the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

EMPTY: Mapping[str, Any] = MappingProxyType({})


def empty() -> Mapping[str, Any]:
    """Return the empty mapping, as the default of a field."""
    # As a plain default, Python 3.11 takes a mapping proxy for a mutable value and refuses it.
    return EMPTY


class Outcome(StrEnum):
    """What became of a contact: the words of the results column `call_outcome`."""

    PENDING = "pending"
    """Not called yet; the reason says what holds it."""
    PLACED = "placed"
    """A call was created; its end has not been seen."""
    ANSWERED = "answered"
    """A person answered."""
    VOICEMAIL = "voicemail"
    """A machine or a voice menu answered."""
    NO_ANSWER = "no_answer"
    """It rang and nobody answered."""
    BUSY = "busy"
    """The line was busy."""
    DECLINED = "declined"
    """The call was rejected by the person called."""
    UNDELIVERABLE = "undeliverable"
    """The number cannot be reached by telephone."""
    ERROR = "error"
    """The call broke on the provider's side or on the way."""
    FAILED = "failed"
    """Certainly not created."""
    UNKNOWN = "unknown"
    """May have been created; never dialled again by the program."""
    REJECTED = "rejected"
    """The row cannot be called as it is written."""
    SUPPRESSED = "suppressed"
    """The row must not be called: a duplicate, or on a do-not-call list."""


class AttemptState(StrEnum):
    """Where one attempt stands; the moves between them are in `policy.lifecycle`."""

    SENDING = "sending"
    """The intent is durable; the request may be on the wire."""
    WITHHELD = "withheld"
    """Certainly nothing was created, and the same attempt may be sent again."""
    REFUSED = "refused"
    """The provider refused this row; nothing was created."""
    UNKNOWN = "unknown"
    """A call may exist."""
    LIVE = "live"
    """A call was created and has not been seen to end."""
    ENDED = "ended"
    """The call has ended."""
    LOST = "lost"
    """A call was created, and the provider no longer knows it."""
    SETTLED = "settled"
    """Of unknown outcome until a person said that the call was made."""
    DISMISSED = "dismissed"
    """Of unknown outcome until a person said that no call was made."""


class EventKind(StrEnum):
    """What can happen to an attempt; each is appended to the ledger as one event."""

    INTENT = "intent"
    """A request is about to be sent."""
    CREATED = "created"
    """The provider created the call."""
    NOT_SENT = "not_sent"
    """No byte of the request left."""
    THROTTLED = "throttled"
    """Refused for its pace; nothing was created."""
    HALTED = "halted"
    """Refused for the whole campaign; nothing was created, the contact is not to blame."""
    REFUSED = "refused"
    """Refused for this row; nothing was created."""
    AMBIGUOUS = "ambiguous"
    """The request left and no answer tells whether a call exists."""
    OBSERVED = "observed"
    """The provider said how a call stands."""
    ENDED = "ended"
    """The provider said that the call has ended."""
    LOST = "lost"
    """The provider no longer knows the call."""
    ADOPTED = "adopted"
    """The call was found at the provider, whatever was known of the attempt before."""
    RESENT = "resent"
    """A request of unknown outcome is about to be sent again under the same idempotency key."""
    CALLED = "called"
    """A person's verdict: the call was made."""
    NOT_CALLED = "not_called"
    """A person's verdict: no call was made."""


class FaultKind(StrEnum):
    """How a request failed, seen from what it means for a call that may exist."""

    NOT_SENT = "not_sent"
    """No byte left: safe to send again."""
    ROW = "row"
    """Refused for this row."""
    RUN = "run"
    """Refused for the whole campaign."""
    KEY = "key"
    """The API key was refused."""
    THROTTLED = "throttled"
    """Refused for its pace."""
    UNKNOWN = "unknown"
    """A call may exist."""


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
    """

    kind: FaultKind
    message: str
    status: int | None = None
    retry_after_s: float | None = None
    limiter: str | None = None


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
    """A number of the account: who provides it, which agents answer for it, where it may call."""

    number: str
    kind: str | None = None
    outbound_agents: tuple[str, ...] = ()
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign as the ledger knows it.

    `key_column` is `""` where the phone number itself is the key. `list_path` is as given,
    `""` for a frame; `list_hash` tells whether the list has changed since.
    """

    name: str
    campaign_id: str
    key_column: str = ""
    list_path: str = ""
    list_hash: str = ""
    created_at: datetime
    options: Mapping[str, str] = field(default_factory=empty)
    """How the list was read (`phone_column`, `region`, ...), for writing the results again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A request about to be sent: what must be durable before its first byte leaves.

    `starts_at` is the moment that pacing chose for it; `interval_s` and `window` are the pace
    of its caller number (0 and 0 where no pace is kept).
    """

    campaign: str
    contact_key: str
    attempt: int
    attempt_id: str
    to_number: str
    from_number: str
    agent_id: str | None
    at: datetime
    starts_at: datetime
    interval_s: float = 0.0
    window: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The intent is durable: `id` names the attempt in later events."""

    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TooSoon:
    """Nothing was written: the caller number is free again at `free_at`."""

    free_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Nothing was written: the contact must not be dialled now, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to the attempt `id` at `at`; appended, never changed."""

    id: int
    kind: EventKind
    at: datetime
    call: Call | None = None
    error: str | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A call at the provider that carries our metadata: which attempt it belongs to."""

    campaign: str
    contact_key: str
    attempt: int
    attempt_id: str
    call: Call
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRequest:
    """Somebody asked, from another process, that a run place no new call."""

    at: datetime
    hang_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """The last sign of life of a run, kept beside the ledger and not in it.

    `intents` is the highest attempt id that the ledger held then: one that holds less now has
    lost something.
    """

    pid: int
    started_at: datetime
    seen_at: datetime
    intents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to call one contact, as the ledger knows it now."""

    id: int
    campaign: str
    contact_key: str
    attempt: int
    attempt_id: str
    to_number: str
    from_number: str
    agent_id: str | None
    state: AttemptState
    intent_at: datetime
    sends: int
    error: str | None = None
    placed_at: datetime | None = None
    call: Call | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A contact's attempts in short: the last one, and how many calls were created."""

    last: Attempt
    created: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a campaign, as it is kept for `status`; `pid` of the process that holds it."""

    campaign: str
    started_at: datetime
    pid: int
    ended_at: datetime | None = None
    rows: int = 0
    outcomes: Mapping[str, int] = field(default_factory=empty)
    calls_created: int = 0
    stopped_by: str | None = None
    next_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A run in numbers: what `run --json` prints. `outcomes` sums to `rows`, always.

    `calls_created` counts this run, `cost_usd` the campaign. `stopped_by` is `None`, `signal`,
    `stop`, `until`, `limit`, `budget` or `halt`.
    """

    campaign: str
    contacts: str | None
    out: str | None
    ledger: str
    rows: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    calls_created: int = 0
    unknown: int = 0
    elapsed_s: float = 0.0
    cost_usd: float = 0.0
    next_due: datetime | None = None
    stopped_by: str | None = None
