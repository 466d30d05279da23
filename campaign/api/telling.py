"""A run's beginning and end, as lines of the log."""

from __future__ import annotations

from campaign.log import Action, Log
from campaign.model import Summary

log = Log("campaign.run")


def tell_start(campaign: str, *, rows: int, to_call: int) -> None:
    """Write down that calls are placed from now on."""
    log.info(
        Action.RUN_STARTED,
        "the run begins: of %d rows, %d are due",
        rows,
        to_call,
        campaign=campaign,
        rows=rows,
        to_call=to_call,
    )


def tell_end(summary: Summary, *, exit_code: int) -> None:
    """Write down what a run came to, once its files are written."""
    log.info(
        Action.RUN_ENDED,
        "the run has ended: %d calls created, exit code %d",
        summary.calls_created,
        exit_code,
        campaign=summary.campaign,
        exit_code=exit_code,
        stopped_by=summary.stopped_by,
        rows=summary.rows,
        outcomes=dict(summary.outcomes),
        calls_created=summary.calls_created,
        unknown=summary.unknown,
        elapsed_s=round(summary.elapsed_s, 3),
        cost_usd=round(summary.cost_usd, 4),
        next_due=summary.next_due,
    )
