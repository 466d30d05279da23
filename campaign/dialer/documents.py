"""What the provider holds of answered calls, transcripts included: fetched once each."""

from __future__ import annotations

from collections import deque

import anyio

from campaign.dialer.bell import Bell
from campaign.dialer.means import KeepDocument
from campaign.log import Action, Log
from campaign.model import Fault, Missing
from campaign.ports import Provider

log = Log(__name__)

TRIES = 4
BACKOFF_S = 1.0


class Documents:
    """Fetches documents of calls one after the other; without `keep`, none."""

    def __init__(self, provider: Provider, keep: KeepDocument | None) -> None:
        self._provider = provider
        self._keep = keep
        self._wanted: deque[str] = deque()
        self._fetching = False
        self._changed = Bell()

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is left to fetch."""
        return not self._wanted and not self._fetching

    def want(self, call_id: str) -> None:
        """Have the document of a call fetched."""
        if self._keep is not None:
            self._wanted.append(call_id)
            self._notify()

    async def idle(self) -> None:
        """Wait until nothing is left to fetch."""
        while not self.is_idle:
            await self._changed.heard()

    async def run(self) -> None:
        """Fetch until cancelled."""
        while self._keep is not None:
            while not self._wanted:
                await self._changed.heard()
            self._fetching = True
            await self._fetch(self._wanted.popleft(), self._keep)
            self._fetching = False
            self._notify()

    async def _fetch(self, call_id: str, keep: KeepDocument) -> None:
        message = ""
        for turn in range(TRIES):
            document = await self._provider.document(call_id)
            if not isinstance(document, Fault | Missing):
                await keep(call_id, document)
                return
            message = document.message
            await anyio.sleep(BACKOFF_S * 2.0**turn)
        log.warning(
            Action.DOCUMENT_FAILED,
            "the document of call %s cannot be had: %s",
            call_id,
            message,
            call=call_id,
        )

    def _notify(self) -> None:
        self._changed.ring()
