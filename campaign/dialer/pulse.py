"""The signs of life of a run, kept beside the ledger: they tell a ledger that has lost records."""

from __future__ import annotations

from collections.abc import Callable

import anyio

BEAT_S = 1.0


class Pulse:
    """Shows how far the ledger's attempts go, before each create and once a second.

    Not before `begin`: until then the sign of the run before stays, which may tell of a loss.
    """

    def __init__(self, beat: Callable[[int], None]) -> None:
        self.begun = False
        self._intents = 0
        self._beat = beat

    def begin(self, intents: int) -> None:
        """Show signs of this run from now on; the ledger holds attempts up to `intents`."""
        self.begun = True
        self._intents = max(self._intents, intents)
        self._beat(self._intents)

    def reached(self, attempt_row: int) -> None:
        """Take note of intents up to this one: they are durable, and one is about to be sent.

        Those of one commit are shown by one sign, before the first of them is sent.
        """
        if attempt_row > self._intents:
            self._beat(attempt_row)
            self._intents = attempt_row  # only now: a sign that failed is none

    async def go_on(self) -> None:
        """Beat until cancelled."""
        while True:
            await anyio.sleep(BEAT_S)
            if self.begun:
                self._beat(self._intents)
