"""A run that was killed while a call was being created, and the run after it."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]


def test_a_create_without_an_answer_is_found_by_the_next_run(
    start: Any, on: Any, serve: Serve, against: Any, contacts: Path
) -> None:
    """The call was made and nobody heard of it: it is adopted and followed, not made again."""
    server = serve(faults=FaultPlan(script={1: FaultName.STALL_AFTER}))
    process = start(against(server.url, "--in-flight", "1"))
    while not server.sandbox.calls:
        assert process.poll() is None
        time.sleep(0.005)
    process.kill()
    process.wait()
    ran = on(server, "--lookup-for", "0s", "--json")
    assert (0, 2, 0) == (ran.code, ran.document["calls_created"], ran.document["unknown"])
    with Path("contacts.results.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["call_to_number"]: row["call_id"] for row in csv.DictReader(file)}
    assert {call.to_number: call.call_id for call in server.sandbox.calls.values()} == listed
    assert 3 == len(server.sandbox.calls)
