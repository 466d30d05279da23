"""Batch outbound phone-call campaigns: from a contact list to results.

``run``, ``arun``, ``check`` and ``results`` are all there is, and ``CampaignError``, which they
raise; what is not exported here is private. Importing this starts nothing and loads nothing: the
names are looked up when used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from campaign.errors import CampaignError

if TYPE_CHECKING:
    from campaign.api import CheckResult, Result, arun, check, results, run

__version__ = "0.1.0"
__all__ = [
    "CampaignError",
    "CheckResult",
    "Result",
    "__version__",
    "arun",
    "check",
    "results",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("campaign.api"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
