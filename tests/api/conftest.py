"""A folder without settings, lists and servers for Python's own way in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.sandbox.plan import SandboxPlan
from campaign.sandbox.serve import Served, serving


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in an empty folder, with a key and no other settings."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("CAMPAIGN_", "RETELL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RETELL_API_KEY", "try")
    return tmp_path


@pytest.fixture
def frame() -> pl.DataFrame:
    """Three contacts and a row that cannot be called."""
    numbers = ["+14155550100", "+14155550101", "+14155550102", "12"]
    return pl.DataFrame({"phone": numbers, "name": ["a", "b", "c", "d"]})


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Return a server of sandboxes, in which calls last as long as in life by default."""
    with ExitStack() as stack:

        def start(**plan: Any) -> Served:
            return stack.enter_context(serving(SandboxPlan(**{"speed": 1.0, **plan})))

        yield start


@pytest.fixture
def options() -> Callable[..., dict[str, Any]]:
    """Return the keywords of a run against a server that leaves calls as they are."""

    def of(server: Served, **more: Any) -> dict[str, Any]:
        fixed = {"from_number": "+14157774444", "hours": "any", "cps": "any", "follow": False}
        return {**fixed, "base_url": server.url, **more}

    return of
