"""What all tests start from."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Generator, Iterator

import coverage
import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C even where whoever started the tests ignores it, as for a job in the background.

    An ignored signal is inherited, and the processes that tests interrupt would never hear it.
    Those processes also keep their bytecode: without it each would compile the whole program, which
    takes a second of its own. That a busy machine takes long over an example is no failure.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if config.pluginmanager.hasplugin("hypothesispytest"):
        from hypothesis import settings

        settings.register_profile("patient", deadline=None)
        settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """Leave the log as it was: a command sends it to its own stderr."""
    logger = logging.getLogger("campaign")
    before = (list(logger.handlers), logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.level, logger.propagate = before


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Count no lines of a test that is marked so, or tries many examples, in a worker as well.

    In workers two measurements are under way, one below the other, and pausing one resumes the
    other.
    """
    below = coverage.Coverage.current() if _is_uncounted(item) else None
    if below is None:
        return (yield)
    below.stop()
    try:
        return (yield)
    finally:
        below.start()


def _is_uncounted(item: pytest.Item) -> bool:
    # A hundred examples go the ways that a few named ones have gone.
    tries_many = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    return tries_many or item.get_closest_marker("no_cover") is not None
