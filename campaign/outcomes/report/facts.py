"""What a report shows: small frozen values, each of which one part of the page tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from campaign.model import Run
from campaign.model.nothing import empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The calls that were their contact's `number`-th, and how many of them a person answered."""

    number: int
    calls: int
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """Calls placed within one hour of a weekday (0 is Monday) on their contacts' clocks."""

    weekday: int
    hour: int
    calls: int
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Calls by local hour; `left_out` are those whose number does not tell its hour."""

    hours: tuple[Hour, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A stretch of time: the most calls live at once, and the highest pace of starts, in it."""

    start: datetime
    live: int
    per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A campaign over time, in slots of equal `width`, and what bounded it.

    `per_second_limit` is that of all caller numbers together, infinite where no pace was kept.
    A limit that is not known is `None`.
    """

    slots: tuple[Slot, ...] = ()
    width: timedelta = timedelta(seconds=1)
    max_live: int | None = None
    per_second_limit: float | None = None
    callers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """How many values lie from `low` up to `high`; the last bin of a spread is open above."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How values are distributed; all 0 where there are none."""

    bins: tuple[Bin, ...] = ()
    count: int = 0
    total: float = 0.0
    median: float = 0.0
    ninetieth: float = 0.0
    most: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Rows that were not called, by why."""

    outcome: str
    text: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A contact whose call needs a person: `outcome` is `unknown` or `failed`.

    `row` counts from 1 in the list, `None` where the list does not tell; `kept` whether the next
    run sends the request again by itself.
    """

    key: str
    number: str
    row: int | None
    outcome: str
    attempt: int
    at: datetime
    error: str
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a page tells of a campaign, as of `made_at`.

    `outcomes` sums to `rows`. `list_note` says why the rows are not those of the list as it is.
    `reasons_rows` and `needs_rows` count those beyond what is listed, too. `flags` are what the
    ledger has to be named with on the command line.
    """

    campaign: str
    list_path: str
    list_note: str | None
    since: datetime
    made_at: datetime
    running: bool
    live: int
    rows: int
    outcomes: Mapping[str, int] = field(default_factory=empty)
    calls_created: int = 0
    spent_usd: float = 0.0
    unpriced: int = 0
    next_due: datetime | None = None
    runs: tuple[Run, ...] = ()
    runs_count: int = 0
    steps: tuple[Step, ...] = ()
    clocks: Clocks = Clocks()
    load: Load = Load()
    durations: Spread = Spread()
    costs: Spread = Spread()
    reasons: tuple[Reason, ...] = ()
    reasons_count: int = 0
    needs: tuple[Need, ...] = ()
    needs_count: int = 0
    flags: str = ""
    full_numbers: bool = False
