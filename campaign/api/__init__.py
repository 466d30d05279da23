"""The façade: run, check and results for Python; adapters are wired into the dialer here.

The names are looked up when used: a command that places no call need not load what places calls.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaign.api.checking import CheckResult, CheckSummary
    from campaign.api.notebook import arun, check, results, run
    from campaign.outcomes.result import Result

__all__ = ["CheckResult", "CheckSummary", "Result", "arun", "check", "results", "run"]

_HOMES = MappingProxyType(
    {
        "CheckResult": "campaign.api.checking",
        "CheckSummary": "campaign.api.checking",
        "Result": "campaign.outcomes.result",
        **dict.fromkeys(("arun", "check", "results", "run"), "campaign.api.notebook"),
    }
)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
