"""The façade: run, check and results for Python; adapters are wired into the dialer here."""

from __future__ import annotations

from campaign.api.checking import CheckResult, CheckSummary
from campaign.api.notebook import arun, check, results, run
from campaign.outcomes.result import Result

__all__ = ["CheckResult", "CheckSummary", "Result", "arun", "check", "results", "run"]
