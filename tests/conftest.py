"""What all tests start from."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Hear Ctrl-C even where whoever started the tests ignores it, as for a job in the background.

    An ignored signal is inherited, and the processes that tests interrupt would never hear it.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
