"""What a run is told: frozen values, worked out before the first call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from campaign.errors import CampaignError
from campaign.model import Attempt, CallRequest, Contact, History, empty
from campaign.policy import identity
from campaign.policy.breaker import Limits
from campaign.policy.caps import Cap
from campaign.policy.hours import Closed, Open
from campaign.policy.pacing import Pace
from campaign.policy.purse import Purse
from campaign.policy.redial import Due, Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One run of one campaign.

    `pace` is `None` where none is kept. `until` is the moment after which no call is placed,
    `limit` the most calls this run creates. `idempotent` tells that the provider knows
    idempotency keys and filters its list by attempt (v2). Until `settle_until` the provider's
    list is given time to show what the ledger has lost: nobody is called before. The analysis of
    a call is waited for up to `analysis_for_s` after its end.

    `redial` says who is dialled again; the run stays for what falls due within `wait_s`. `purse`
    is the budget, `None` without one. `near_caller` prefers the caller number of the pool that is
    nearest to the contact's. `may_call(from, to)` returns why a caller number may not call a
    number, `None` where it may. `told` tells that the provider also reports calls by itself:
    they are then asked after less often. `opening(contact, now)` says whether a contact may be
    called now, `caps(contact)` how often its number may be called, `min_gap_s` what must lie
    between two calls to it. `opt_out_field` names the entry of a call's analysis by which a person
    asks not to be called again. `found_ended` are attempts whose calls were found at the provider
    just now, and had ended.
    """

    campaign: str
    campaign_id: str
    from_numbers: Sequence[str]
    pace: Pace | None
    max_live: int
    in_flight: int
    limit: int | None = None
    until: datetime | None = None
    lookup_for_s: float = 360.0
    resend_unknown: bool = False
    idempotent: bool = True
    listed_since: datetime | None = None
    settle_until: datetime | None = None
    drain_for_s: float = 20.0
    follow: bool = True
    analysis_for_s: float = 60.0
    breaker: Limits = field(default_factory=Limits)
    redial: Policy = field(default_factory=Policy)
    wait_s: float = 0.0
    purse: Purse | None = None
    near_caller: bool = False
    may_call: Callable[[str, str], str | None] = lambda _, __: None
    told: bool = False
    opening: Callable[[Contact, datetime], Open | Closed] = lambda _, __: Open()
    caps: Callable[[Contact], tuple[Cap, ...]] = lambda _: ()
    min_gap_s: float = 0.0
    opt_out_field: str | None = None
    found_ended: Sequence[Attempt] = ()
    agent_id: str | None = None
    agent_version: int | str | None = None
    agent_override: Mapping[str, Any] = field(default_factory=empty)
    variables: Mapping[str, str] = field(default_factory=empty)
    metadata: Mapping[str, Any] = field(default_factory=empty)
    drop_machine: bool | None = None

    def request(self, contact: Contact, attempt: int, caller: str) -> CallRequest:
        """Return the create of a contact's attempt; what the row says wins over the campaign."""
        own = {**self.metadata, **contact.metadata}
        return CallRequest(
            from_number=caller,
            to_number=contact.to_number,
            idempotency_key=identity.attempt_id(self.campaign_id, contact.key, attempt),
            metadata=identity.metadata(self.campaign_id, contact.key, attempt, own),
            variables={**self.variables, **contact.variables},
            sip_headers=contact.sip_headers,
            agent_override=self.agent_override,
            agent_id=contact.agent_id or self.agent_id,
            agent_version=self._version(contact),
            ignore_e164=contact.ignore_e164,
            drop_machine=self.drop_machine
            if contact.drop_machine is None
            else contact.drop_machine,
            own_agent=contact.agent_id is not None,
            own_caller=contact.from_number is not None,
        )

    def _version(self, contact: Contact) -> int | str | None:
        if contact.agent_version is not None:
            return contact.agent_version
        # The campaign's version belongs to the campaign's agent, not to the row's own.
        return None if contact.agent_id else self.agent_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """A contact that is due, as its attempt number `attempt`.

    `before` is the caller number of its last attempt, `None` where there was none.
    """

    contact: Contact
    attempt: int
    before: str | None = None

    @classmethod
    def of(cls, contact: Contact, due: Due, history: History | None) -> Dial:
        """Return the dial of a contact that is due, and of which this much is known."""
        before = None if history is None else history.last.from_number
        return cls(contact=contact, attempt=due.attempt, before=before)


@dataclass(slots=True, kw_only=True)
class Report:
    """How a run went. `next_due` is when the next contact falls due, as far as that is known.

    `holds` has the reason of contacts that were due and not dialled, by key.

    `finished` tells that the whole list was gone through, `settled` that nothing the ledger may
    have lost is still waited for. `stopped_by` is as in the summary.
    """

    created: int = 0
    failed: int = 0
    unknown: int = 0
    finished: bool = False
    settled: bool = True
    stopped_by: str | None = None
    signal_number: int | None = None
    error: CampaignError | None = None
    next_due: datetime | None = None
    holds: dict[str, str] = field(default_factory=dict)
