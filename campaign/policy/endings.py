"""How a run ended, as its exit code."""

from __future__ import annotations

from campaign.errors import CampaignError

STOPPED_EARLY = 75


def is_well(code: int) -> bool:
    """Tell whether nobody has to look after a run that ended so: done, or to be run again later."""
    return code in {0, STOPPED_EARLY}


def exit_code(
    *, error: CampaignError | None, signal_number: int | None, stopped_by: str | None
) -> int:
    """Return the exit code of a run that has written what it could.

    A halt has its error's code, a signal 128 plus its number; whatever else stopped the run
    before everything due was done is 75: run again later.
    """
    if error is not None:
        return error.exit_code
    if signal_number is not None:
        return 128 + signal_number
    return STOPPED_EARLY if stopped_by else 0
