"""What all tests start from."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import pkgutil
import signal
import sys
from collections.abc import Iterator

import coverage
import pytest

import campaign


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C even where whoever started the tests ignores it, as for a job in the background.

    An ignored signal is inherited, and the processes that tests interrupt would never hear it.
    All processes also keep their bytecode: without it each would compile the whole program, which
    takes a second of its own. That a busy machine takes long over an example is no failure.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if config.pluginmanager.hasplugin("hypothesispytest"):
        from hypothesis import settings

        settings.register_profile("patient", deadline=None)
        settings.load_profile("patient")


COUNTED = pytest.StashKey[coverage.Coverage]()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Import the whole program while its lines are counted, and count none until a test runs.

    A module is imported once. Were it left to the tests, the first to need it could be one whose
    lines are not counted. To count while tests are collected would take as long as to collect.
    """
    if (counted := coverage.Coverage.current()) is None:
        return
    for module in pkgutil.walk_packages(campaign.__path__, "campaign."):
        if module.name != "campaign.__main__":  # it warns where it was imported before it is run
            importlib.import_module(module.name)
    # In a worker two measurements are under way, one below the other: whoever stops the upper one
    # resumes the lower one, which nobody reads. Only the upper one is ever started again.
    session.config.stash[COUNTED] = counted
    while (running := coverage.Coverage.current()) is not None:
        running.stop()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Count from here, and look for garbage among what comes from here on.

    Thousands of tests and what they import stay to the end; to walk through all of it takes longer
    than most tests do.
    """
    gc.collect()
    gc.freeze()
    if (counted := session.config.stash.get(COUNTED, None)) is not None:
        counted.start()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Count no lines where many examples are tried: they go the ways that a few named ones go."""
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def _log() -> Iterator[None]:
    """Leave the log as it was: a command sends it to its own stderr."""
    logger = logging.getLogger("campaign")
    before = (list(logger.handlers), logger.level, logger.propagate)
    yield
    logger.handlers[:], logger.level, logger.propagate = before
