"""Renewing the results while a run goes on: as often as asked for, as long as it costs little."""

from __future__ import annotations

from collections.abc import Mapping

import anyio

from campaign.dialer.clock import current_s
from campaign.dialer.means import Renewal

REST = 20
"""A rest of so many times its length lies between renewals: they take under 5 % of a run."""


async def keep_fresh(renewal: Renewal, holds: Mapping[str, str]) -> None:
    """Renew until cancelled; what is being written then is given up at once."""
    async with anyio.create_task_group() as group:
        group.start_soon(_withdraw_at_the_end, renewal)
        took_s = renewal.takes_s
        while True:
            await anyio.sleep(max(renewal.every_s, REST * took_s))
            began_s = current_s()
            await renewal.renew(dict(holds))
            took_s = current_s() - began_s


async def _withdraw_at_the_end(renewal: Renewal) -> None:
    # The work is waited for where it is done, in a thread, which hears of no cancellation.
    try:
        await anyio.sleep_forever()
    finally:
        renewal.withdraw()
