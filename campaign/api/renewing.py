"""The results file while the run goes on: written again now and then, and never in its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from traceback import format_exception

from campaign.api.again import PENDING
from campaign.api.job import Job
from campaign.api.outputs import composed_calls, write_results
from campaign.api.suppressing import screened_now
from campaign.dialer.feed import in_thread
from campaign.log import Action, Log
from campaign.outcomes.replace import Permit
from campaign.ports import Ledger

LONG_S = 1.0
"""A list that is read faster is short."""

log = Log(__name__)


def renewal(job: Job, ledger: Ledger) -> ResultsRenewal | None:
    """Return what renews the results file of a run; `None` where there is none, or at the end."""
    if job.outputs.out is None or not job.settings.refresh:
        return None
    return ResultsRenewal(
        job=job,
        ledger=ledger,
        out=job.outputs.out,
        every_s=job.settings.refresh,
        # It goes through the list once more; through a short one in no time.
        takes_s=job.read_s if job.read_s > LONG_S else 0.0,
    )


@dataclass(slots=True, kw_only=True)
class ResultsRenewal:
    """Renews the results file from the ledger as it is; a failure is told and ends nothing."""

    job: Job
    ledger: Ledger
    out: Path
    every_s: float
    takes_s: float = 0.0
    _permit: Permit = field(default_factory=Permit)
    _told: str | None = None

    async def renew(self, holds: Mapping[str, str]) -> None:
        """Write the file again; `holds` is why contacts wait, by key."""
        try:
            await self._write(holds)
        except Exception as error:  # noqa: BLE001 - calls are live: no failure here may end the run
            if not self._permit.withdrawn:
                self._tell(error)
        else:
            self._told = None

    def withdraw(self) -> None:
        """Leave the file as it is from now on: what is being written is given up."""
        self._permit.withdraw()

    async def _write(self, holds: Mapping[str, str]) -> None:
        job = self.job
        screened = await screened_now(job.listing, self.ledger)
        async with composed_calls(
            screened,
            self.ledger,
            job.name,
            pending=PENDING,
            holds=holds,
            check=self._permit.check,
        ) as calls:
            await in_thread(
                lambda: write_results(self.out, job.outputs, job.listing, calls, self._permit)
            )

    def _tell(self, error: Exception) -> None:
        """Say what failed, once as long as it goes on failing in the same way."""
        trace = "".join(format_exception(error))
        log.debug(Action.RENEWAL_FAILED, "renewal failed: %s", trace, campaign=self.job.name)
        if str(error) != self._told:
            self._told = str(error)
            self.job.hooks.notify(
                f"the results file was not renewed: {error} (the run goes on, and writes it at"
                " its end)"
            )
