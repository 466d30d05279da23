"""A thread that does one thing now and then, until it is stopped or its screen has gone."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Ticker:
    """Calls `act` every so many seconds; an `OSError` or a closed stream ends it in silence."""

    def __init__(self, act: Callable[[], None], every_s: float) -> None:
        self._act = act
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="campaign-progress", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End it; a screen that takes nothing any more is not waited for."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=self._every_s)

    def _run(self) -> None:
        try:
            while not self._over.wait(self._every_s):
                self._act()
        except (OSError, ValueError):
            return
