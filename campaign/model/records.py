"""What the ledger keeps: campaigns, intents, events, attempts, runs; and the summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from campaign.model.calls import Call
from campaign.model.nothing import empty
from campaign.model.words import AttemptState, EventKind


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
    of its caller number (0 and 0 where no pace is kept). `caps` are the most calls that the number
    may get in so many seconds, this one included, `min_gap_s` what must lie between two.
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
    caps: tuple[tuple[int, float], ...] = ()
    min_gap_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The intent is durable: `id` names the attempt in later events.

    `upto` is the highest id of an attempt that was durable by then, 0 where that is not known.
    """

    id: int
    upto: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TooSoon:
    """Nothing was written: the caller number is free again at `free_at`."""

    free_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Nothing was written: the contact must not be dialled now, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capped:
    """Nothing was written: the number may get no call before `free_at`, and why."""

    free_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Nothing was written: the number is on the suppression list, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """A number that nobody calls, in any campaign of the ledger, from `at` on."""

    number: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why a run did not call a contact that was its to call; `kind` is `hold` or `skip`.

    A hold passes by itself (hours, caps, a live call), a skip does not.
    """

    campaign: str
    contact_key: str
    to_number: str
    at: datetime
    kind: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One thing that is known of a number: what `explain` tells.

    `kind` is `attempt`, `skip`, `hold`, `suppressed` or `verdict`; `campaign` is `None` where it
    concerns all of them.
    """

    at: datetime
    kind: str
    campaign: str | None = None
    outcome: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to the attempt `id` at `at`; appended, never changed.

    `opt_out` is why its number joins the suppression list with it, in the same transaction.
    """

    id: int
    kind: EventKind
    at: datetime
    call: Call | None = None
    error: str | None = None
    status: int | None = None
    opt_out: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A call at the provider that carries our metadata: which attempt it belongs to.

    `opt_out` is as in an event.
    """

    campaign: str
    contact_key: str
    attempt: int
    attempt_id: str
    call: Call
    at: datetime
    opt_out: str | None = None


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
    """A contact's attempts in short: the last one, and how many calls were created.

    `unreached` counts those of the calls that reached nobody through no fault of the contact
    (`policy.redial.UNREACHED`), `undialable` those that ended as `dial_failed`, `final` those
    that no other call may follow (`policy.redial.is_final`), whichever attempt was the last.
    """

    last: Attempt
    created: int
    unreached: int = 0
    undialable: int = 0
    final: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a campaign's calls cost, as far as the provider has said.

    `priced` calls have a cost, `spent_usd` together. `open` calls may still get one: they are
    live, unknown, or connected without a cost so far.
    """

    spent_usd: float = 0.0
    priced: int = 0
    open: int = 0


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
