"""A run as its health check hears of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from campaign.config import Settings
from campaign.dialer.feed import in_thread
from campaign.errors import BusyError, CampaignError
from campaign.policy.endings import is_well

if TYPE_CHECKING:
    from campaign.health import HealthCheck, Signal


class Watched:
    """Tells a health check, if there is one, that a run has begun and how it ended."""

    def __init__(self, check: HealthCheck | None) -> None:
        self._check = check

    async def begun(self) -> None:
        """Tell that a run begins: its lock is taken."""
        from campaign.health import Signal

        await self._tell(Signal.START)

    async def ended(self, exit_code: int) -> None:
        """Tell how it ended; what is to be run again later is no failure."""
        from campaign.health import Signal

        await self._tell(Signal.SUCCESS if is_well(exit_code) else Signal.FAIL)

    async def _tell(self, signal: Signal) -> None:
        check = self._check
        if check is not None:
            await in_thread(lambda: check.tell(signal))


@asynccontextmanager
async def watched(settings: Settings) -> AsyncIterator[Watched]:
    """Tell the health check of `settings` how a run fares; whoever does not return has failed.

    A test call and a dry run are no runs that anybody waits for. Nor is a run that ends because
    another one is under way: that one tells.
    """
    watch = Watched(_check(settings))
    try:
        yield watch
    except BusyError:
        raise
    except Exception as error:
        await watch.ended(error.exit_code if isinstance(error, CampaignError) else 1)
        raise


def _check(settings: Settings) -> HealthCheck | None:
    if settings.ping is None or settings.only is not None or settings.dry_run:
        return None
    from campaign.health import HealthCheck

    return HealthCheck(settings.ping)
