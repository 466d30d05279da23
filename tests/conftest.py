"""What all tests start from."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Generator, Iterator

import coverage
import pytest


def pytest_configure() -> None:
    """Hear Ctrl-C even where whoever started the tests ignores it, as for a job in the background.

    An ignored signal is inherited, and the processes that tests interrupt would never hear it.
    Those processes also keep their bytecode: without it each would compile the whole program, which
    takes a second of its own.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """Leave the log as it was: a command sends it to its own stderr."""
    logger = logging.getLogger("campaign")
    before = (list(logger.handlers), logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.level, logger.propagate = before


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Count no lines of a test that is marked so, in a worker as well.

    There two measurements are under way, one below the other, and pausing one resumes the other.
    """
    below = coverage.Coverage.current() if item.get_closest_marker("no_cover") else None
    if below is None:
        return (yield)
    below.stop()
    try:
        return (yield)
    finally:
        below.start()
