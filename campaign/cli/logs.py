"""The log of a command: stderr, as much as was asked for."""

from __future__ import annotations

import logging
import sys

from campaign.cli.say import show

LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class StderrHandler(logging.Handler):
    """Writes to whatever stderr is now: a progress bar puts its own in between."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        show(self.format(record), sys.stderr)


def set_up(*, verbose: int, quiet: bool) -> None:
    """Send the program's own log to stderr: warnings, with -v what happens, with -vv all of it."""
    handler = StderrHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("campaign")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.ERROR if quiet else LEVELS[min(verbose, len(LEVELS) - 1)])
    logger.propagate = False
