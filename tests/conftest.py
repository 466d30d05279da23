"""What all tests start from."""

from __future__ import annotations

import os
import signal


def pytest_configure() -> None:
    """Hear Ctrl-C even where whoever started the tests ignores it, as for a job in the background.

    An ignored signal is inherited, and the processes that tests interrupt would never hear it.
    Those processes also keep their bytecode: without it each would compile the whole program, which
    takes a second of its own.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
