"""Waking whoever waits for a change."""

from __future__ import annotations

import anyio


class Bell:
    """Rung for each change; where nobody waits, that costs next to nothing."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event: anyio.Event | None = None

    def ring(self) -> None:
        """Wake everybody who waits now."""
        if self._event is not None:
            self._event.set()
            self._event = None

    async def heard(self) -> None:
        """Wait for the next ring."""
        if self._event is None:
            self._event = anyio.Event()
        await self._event.wait()
