"""A campaign from its list to its results, and the same campaign again."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from campaign.sandbox import SandboxPlan
from campaign.sandbox.serve import Served, serving

pytestmark = pytest.mark.no_cover

VARIABLES = ("name", "company", "appointment_date", "account", "note")
PACE = ("--cps", "100", "--max-live", "1000", "--in-flight", "100")


def created(served: Served) -> list[Any]:
    """Return the sandbox's log of the calls that it made."""
    return [entry for entry in served.sandbox.log if entry.created]


def check_sent(served: Served, rows: list[dict[str, str]]) -> None:
    """Compare what the sandbox received with the list, cell by cell."""
    calls = {call.to_number: call.request for call in served.sandbox.calls.values()}
    for row in rows:
        request = calls[row["phone_number"]]
        told = {name: row[name] for name in VARIABLES if row[name]}
        own = json.loads(row["metadata"] or "{}")
        assert request["retell_llm_dynamic_variables"] == told
        assert own.items() <= request["metadata"].items()


def check_again(served: Served, desk: Any, ran: Any) -> None:
    """Run the list once more, then with 10 rows more and shuffled: only the 10 are called."""
    before = desk.results.read_bytes()
    again = desk.run(*PACE)
    assert (again.code, again.summary["calls_created"]) == (0, 0)
    assert again.summary["outcomes"] == ran.summary["outcomes"]
    assert desk.results.read_bytes() == before

    known = {row["phone_number"]: row for row in desk.rows(desk.results)}
    rows = desk.rows()
    added = [
        {**rows[at], "phone_number": f"+1415555{140 + at:04d}", "account": f"new {at}"}
        for at in range(10)
    ]
    longer = [*rows, *added]
    random.Random(7).shuffle(longer)
    desk.write(longer)
    more = desk.run(*PACE)
    assert (more.code, more.summary["calls_created"]) == (0, 10)
    after = desk.rows(desk.results)
    assert [row["phone_number"] for row in after] == [row["phone_number"] for row in longer]
    assert [row for row in after if row["phone_number"] in known] == [
        known[row["phone_number"]] for row in longer if row["phone_number"] in known
    ]
    dialled = Counter(entry.to_number for entry in created(served))
    assert dialled == Counter({row["phone_number"]: 1 for row in longer})


@pytest.mark.parametrize(
    "count", [50, pytest.param(1000, marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_a_list_is_called_once(
    count: int, make_desk: Callable[[int, str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every contact is called once with its own values, however often the list is run."""
    with serving(SandboxPlan(concurrency_limit=2000, speed=600.0)) as served:
        desk = make_desk(count, served.url)
        ran = desk.run(*PACE)
        assert (ran.code, ran.summary["calls_created"], ran.summary["unknown"]) == (0, count, 0)
        assert sum(ran.summary["outcomes"].values()) == ran.summary["rows"] == count

        ids = [row["call_id"] for row in desk.rows(desk.results)]
        assert len(set(ids)) == count
        assert Counter(ids) == Counter(entry.call_id for entry in created(served))
        assert set(ids) == set(served.sandbox.calls)
        check_sent(served, desk.rows())
        check_again(served, desk, ran)
    with capsys.disabled():
        print(f"\n{count} contacts: {ran.summary['elapsed_s']:.1f} s")  # noqa: T201
