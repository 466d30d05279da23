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
from campaign.policy.variables import is_reserved, problem


class Breaker(BaseModel):
    """When creates that come to nothing stop the run for a while, and then for good. 0 is off."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    failed_in_a_row: Whole = 5
    """Failed creates in a row that make a run pause; the third pause ends it."""
    failed_share: float = Field(default=0.25, ge=0.0, le=1.0)
    """The share of failed creates among the last 40 that does so."""
    unknown_in_a_row: Whole = 3
    """Creates of unknown outcome in a row that do so."""


class Http(BaseModel):
    """How long the wire is waited for. A short wait for answers makes calls of unknown outcome."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    connect_timeout: Annotated[Duration, Field(gt=0)] = 10.0
    """How long a connection may take."""
    read_timeout: Annotated[Duration, Field(gt=0)] = 90.0
    """How long an answer is waited for; a create without one is `unknown`."""


class Settings(BaseModel):
    """Everything a run can be told; names are the flags' with `_` for `-`."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    contacts: PathText | None = None
    """The list: .csv, .xlsx, .parquet, .ndjson, a folder, or `-` for CSV on standard input."""
    from_number: Texts = ()
    """The caller number in E.164; more than one is a pool."""
    out: PathText | None = None
    """Where the results go; by default STEM.results.EXT in the current folder."""
    name: Text | None = None
    """The campaign: the same name is the same campaign, and continues it; else the list's stem."""
    ledger: PathText | None = None
    """What has been done: campaign.db beside the configuration, or in the current folder."""
    agent: Text | None = None
    """The agent that speaks, else the number's own."""
    agent_version: Version | None = None
    """Its version, or the tag of one."""
    agent_override: Table = Field(default_factory=dict)
    """What of the agent is different for this campaign, in the provider's own words."""
    var: Entries = Field(default_factory=dict)
    """Dynamic variables for every call; a column of that name wins."""
    meta: Entries = Field(default_factory=dict)
    """Metadata for every call; a column of that name wins."""
    phone_column: Text | None = None
    """The column of the phone numbers, where it is not found by its name."""
    key: Text | None = None
    """The column that identifies a contact; by default its number does."""
    region: Text | None = None
    """The region of numbers that are written without `+`."""
    encoding: Text | None = None
    """The list's encoding, where it is not found."""
    sheet: Text | None = None
    """The sheet of a workbook, where it is not found."""
    cps: Pace = 1.0
    """Starts per second and caller number; `any`: no pace, for the sandbox and this machine."""
    max_live: Count = 20
    """Live calls at once."""
    in_flight: Count = 20
    """Creates that wait for their answers at once."""
    limit: Whole | None = None
    """Calls that one run creates at most."""
    attempts: Count = 1
    """Calls to one contact at most."""
    redial_after: Durations = (1800.0, 7200.0, 86400.0)
    """The wait before attempt 2, 3 and so on; the last repeats."""
    redial_on: Outcomes = (Outcome.NO_ANSWER, Outcome.BUSY)
    """Outcomes that are dialled again."""
    hours: Hours = "09:00-20:00"
    """When, on the contact's clock; `any`: no hours, no days, no rules of places."""
    days: Days = "mon-sat"
    """On which days of the week."""
    timezone_column: Text | None = None
    """The column of time zones, by default `timezone`."""
    region_column: Text | None = None
    """The column of states or provinces, which tells where a contact is."""
    hours_rules: PathText | None = None
    """A table of rules by place that is used instead of the one in the package."""
    widen: bool = False
    """Let the campaign's own hours stand instead of those of places."""
    skip_holidays: Countries = ()
    """Countries on whose public holidays nobody there is called."""
    suppress: Paths = ()
    """Files of numbers that are never called."""
    max_per_number: CapTexts = ("3/24h",)
    """Calls to one number in a rolling window, of all campaigns; `any`, alone, for no cap."""
    min_gap: Duration = 0.0
    """The shortest time between two calls to one number."""
    consent_column: Text | None = None
    """The column that says whether there is consent; without it a row is suppressed."""
    consent_date_column: Text | None = None
    """The column that says since when there is consent."""
    consent_max_age: Duration | None = None
    """How old consent may be."""
    clean_variables: bool = False
    """Take out of values what cannot be sent, instead of rejecting the row."""
    opt_out_field: Text | None = None
    """The field of a call's analysis that says: never call again."""
    expects: Texts = ()
    """The variables that the prompt uses: what is missing or too much is told."""
    preflight: bool = False
    """Ask the account about key, numbers, lines and prompts first."""
    full_numbers: bool = False
    """Show whole phone numbers where they are masked otherwise."""
    only: Text | None = None
    """A test call with the row of this number, placed to `to`."""
    to: Text | None = None
    """The phone of a test call, one's own."""
    budget: SomeDollars | None = None
    """Dollars: no call that could make the campaign cost more."""
    cost_per_call: Dollars | None = None
    """Dollars that a call is expected to cost, where the ledger's history does not tell."""
    wait: Duration = 0.0
    """Stay for contacts and redials that fall due within this time."""
    until: Moment | None = None
    """Place no call after that: a time of day, or a duration."""
    lookup_for: Duration = 360.0
    """How long a create of unknown outcome is looked for at the provider."""
    resend_unknown: bool = False
    """Send it once more under the same idempotency key, if the server knows such keys."""
    drain_for: Duration = 20.0
    """How long SIGTERM and SIGHUP go on following live calls."""
    follow: bool = True
    """Wait for live calls to end after the last one is placed."""
    analysis_for: Duration = 60.0
    """How long the analysis of a call that has ended is waited for."""
    local_presence: bool = False
    """Call from the number of the pool that is nearest to the contact's."""
    webhook_port: Port | None = None
    """Take the provider's webhooks on this port; 0 takes a free one."""
    webhook_host: Text = "127.0.0.1"
    """The address of this machine that webhooks are taken on."""
    webhook_url: WebAddress | None = None
    """The public address of that port, sent with each call."""
    webhook_key_env: Text | None = None
    """The environment variable with the key that signs webhooks."""
    drop_machine: bool = False
    """Hang up on machines; in `api` v1 only."""
    api: Literal["v1", "v2"] = "v2"
    """The version of the provider's API, v1 or v2."""
    base_url: Text = "https://api.retellai.com"
    """The provider's address; also RETELL_BASE_URL."""
    sandbox: bool = False
    """A simulated provider in the process: no key, no network, nobody is called."""
    dry_run: bool = False
    """Everything but the requests."""
    strict: bool = False
    """End before the first call where any row is rejected."""
    rejects: PathText | None = None
    """A file for rejected rows with their reasons."""
    attempts_out: PathText | None = None
    """A file with one row per attempt."""
    refresh: Duration = 60.0
    """How often the results are renewed during a run; 0 for results at the end only."""
    transcripts: PathText | None = None
    """A folder for what the provider holds of each answered call, as JSON."""
    excel_safe: bool = False
    """Neutralise formulas in the list's own cells too."""
    show_config: bool = False
    """Print every setting and where it comes from, and do nothing else."""
    ping: WebAddress | None = None
    """A health check that hears of each run: the address with /start, as it is, or with /fail."""
    yes: bool = False
    """Do not ask before calling; asked only on a terminal."""
    progress: Literal["auto", "bar", "json", "none"] = "auto"
    """What is drawn while a run goes on."""
    log_format: Literal["text", "json"] = "text"
    """What the log is written as; with `json` it has what happens, too."""
    verbose: Whole = 0
    """How much is logged: 1 what happens, 2 all of it."""
    quiet: bool = False
    """Say nothing unless it matters."""
    api_key_file: PathText | None = None
    """A file that holds the API key, where RETELL_API_KEY and .env do not."""
    breaker: Annotated[Breaker, BeforeValidator(table)] = Breaker()
    """When creates that come to nothing stop a run; 0 is off."""
    http: Annotated[Http, BeforeValidator(table)] = Http()
    """How long the wire is waited for."""

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

    @field_validator("var")
    @classmethod
    def _for_a_prompt(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if is_reserved(name):
                raise ValueError(f"the provider fills {name!r} itself; rename yours")
            if (wrong := problem(text)) is not None:
                raise ValueError(f"{name!r} cannot go into a prompt: {wrong}")
        return value

    @field_validator("meta")
    @classmethod
    def _not_ours(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if name in OWN_METADATA:
                raise ValueError(f"the entry {name!r} is written by campaign itself; rename yours")
        return value
