"""What a run can be told: every setting with its default, and what makes a value unusable."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from campaign.config.values import (
    E164,
    Count,
    Dollars,
    Duration,
    Durations,
    Entries,
    Moment,
    Outcomes,
    Pace,
    PathText,
    Port,
    SomeDollars,
    Table,
    Text,
    Texts,
    Version,
    WebAddress,
    Whole,
    table,
)
from campaign.config.values_of_calling import CapTexts, Countries, Days, Hours, Paths
from campaign.model import Outcome
from campaign.policy.identity import OWN_METADATA


class Breaker(BaseModel):
    """When creates that come to nothing stop the run for a while, and then for good. 0 is off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    failed_in_a_row: Whole = 5
    failed_share: float = Field(default=0.25, ge=0.0, le=1.0)
    unknown_in_a_row: Whole = 3


class Http(BaseModel):
    """How long the wire is waited for. A short wait for answers makes calls of unknown outcome."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connect_timeout: Annotated[Duration, Field(gt=0)] = 10.0
    read_timeout: Annotated[Duration, Field(gt=0)] = 90.0


class Settings(BaseModel):
    """Everything a run can be told; names are the flags' with `_` for `-`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contacts: PathText | None = None
    from_number: Texts = ()
    out: PathText | None = None
    name: Text | None = None
    ledger: PathText | None = None
    agent: Text | None = None
    agent_version: Version | None = None
    agent_override: Table = Field(default_factory=dict)
    var: Entries = Field(default_factory=dict)
    meta: Entries = Field(default_factory=dict)
    phone_column: Text | None = None
    key: Text | None = None
    region: Text | None = None
    encoding: Text | None = None
    sheet: Text | None = None
    cps: Pace = 1.0
    """Starts per second and caller number; `None` for `any`."""
    max_live: Count = 20
    in_flight: Count = 20
    limit: Whole | None = None
    attempts: Count = 1
    redial_after: Durations = (1800.0, 7200.0, 86400.0)
    redial_on: Outcomes = (Outcome.NO_ANSWER, Outcome.BUSY)
    hours: Hours = "09:00-20:00"
    """`HH:MM-HH:MM` on the contact's clock, or `any`: no hours, no days, no rules of places."""
    days: Days = "mon-sat"
    timezone_column: Text | None = None
    region_column: Text | None = None
    hours_rules: PathText | None = None
    """A table of rules by place that is used instead of the one in the package."""
    widen: bool = False
    """The campaign's own hours stand instead of those of places."""
    skip_holidays: Countries = ()
    suppress: Paths = ()
    max_per_number: CapTexts = ("3/24h",)
    """Like `3/24h`; `any`, alone, for none."""
    min_gap: Duration = 0.0
    consent_column: Text | None = None
    consent_date_column: Text | None = None
    consent_max_age: Duration | None = None
    clean_variables: bool = False
    opt_out_field: Text | None = None
    expects: Texts = ()
    preflight: bool = False
    full_numbers: bool = False
    only: Text | None = None
    to: Text | None = None
    budget: SomeDollars | None = None
    cost_per_call: Dollars | None = None
    """Dollars; `None` where the ledger's history tells."""
    wait: Duration = 0.0
    until: Moment | None = None
    lookup_for: Duration = 360.0
    resend_unknown: bool = False
    drain_for: Duration = 20.0
    follow: bool = True
    analysis_for: Duration = 60.0
    local_presence: bool = False
    webhook_port: Port | None = None
    """0 takes a free port; without a port no webhooks are taken."""
    webhook_host: Text = "127.0.0.1"
    webhook_url: WebAddress | None = None
    webhook_key_env: Text | None = None
    drop_machine: bool = False
    api: Literal["v1", "v2"] = "v2"
    base_url: Text = "https://api.retellai.com"
    sandbox: bool = False
    dry_run: bool = False
    strict: bool = False
    rejects: PathText | None = None
    attempts_out: PathText | None = None
    transcripts: PathText | None = None
    excel_safe: bool = False
    yes: bool = False
    progress: Literal["auto", "bar", "json", "none"] = "auto"
    verbose: Whole = 0
    quiet: bool = False
    api_key_file: PathText | None = None
    breaker: Annotated[Breaker, BeforeValidator(table)] = Breaker()
    http: Annotated[Http, BeforeValidator(table)] = Http()

    @field_validator("from_number")
    @classmethod
    def _e164(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for number in value:
            if not E164.fullmatch(number):
                raise ValueError(f"{number!r} is not E.164; write it like +14155550123")
        return value

    @field_validator("region")
    @classmethod
    def _region(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[A-Za-z]{2}", value):
            raise ValueError(f"{value!r} is no region; write two letters like US")
        return value.upper() if value else None

    @field_validator("name")
    @classmethod
    def _named(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("a campaign's name cannot be empty")
        return value

    @field_validator("meta")
    @classmethod
    def _not_ours(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name in OWN_METADATA:
                raise ValueError(f"the entry {name!r} is written by campaign itself; rename yours")
        return value
