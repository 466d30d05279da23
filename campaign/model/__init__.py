"""The frozen values that travel from the list to the results."""

from __future__ import annotations

from campaign.model.calls import (
    Account,
    Call,
    CallerNumber,
    CallPage,
    CallQuery,
    CallRequest,
    Concurrency,
    Contact,
    Fault,
    Missing,
)
from campaign.model.nothing import EMPTY, empty
from campaign.model.records import (
    Attempt,
    Begun,
    Campaign,
    Event,
    Found,
    Held,
    History,
    Intent,
    Run,
    Sign,
    Spending,
    StopRequest,
    Summary,
    TooSoon,
)
from campaign.model.words import AttemptState, EventKind, FaultKind, Outcome

__all__ = [
    "EMPTY",
    "Account",
    "Attempt",
    "AttemptState",
    "Begun",
    "Call",
    "CallPage",
    "CallQuery",
    "CallRequest",
    "CallerNumber",
    "Campaign",
    "Concurrency",
    "Contact",
    "Event",
    "EventKind",
    "Fault",
    "FaultKind",
    "Found",
    "Held",
    "History",
    "Intent",
    "Missing",
    "Outcome",
    "Run",
    "Sign",
    "Spending",
    "StopRequest",
    "Summary",
    "TooSoon",
    "empty",
]
