"""`campaign status` as a person reads it, at whatever width."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign.api.standing import Status
from campaign.cli import status as shown
from campaign.model import Attempt, AttemptState, Call, Run, Spending

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
RUN = Run(
    campaign="spring",
    started_at=NOW - timedelta(minutes=10),
    ended_at=NOW - timedelta(minutes=5),
    pid=7,
    rows=1000,
    calls_created=12,
)
SPRING = Status(
    campaign="spring",
    rows=1000,
    outcomes={"pending": 90, "answered": 610, "no_answer": 290, "rejected": 10},
    live=0,
    next_due=None,
    running=False,
    list_path="spring.csv",
    run=RUN,
    created=1012,
    spending=Spending(spent_usd=41.2),
)


def local(at: datetime, pattern: str = "%H:%M") -> str:
    """Return a time as it is shown here."""
    return at.astimezone().strftime(pattern)


BEGAN = local(NOW - timedelta(minutes=10), "%H:%M:%S")
ENDED = local(NOW - timedelta(minutes=5), "%H:%M:%S")


def attempt(number: int, *, placed: bool) -> Attempt:
    """Return a live call, or one that is being created."""
    at = NOW - timedelta(seconds=130 - number)
    return Attempt(
        id=number,
        campaign="spring",
        contact_key=str(number),
        attempt=1,
        attempt_id=str(number),
        to_number=f"+1415555{number:04}",
        from_number="+14157774444",
        agent_id=None,
        state=AttemptState.LIVE if placed else AttemptState.SENDING,
        intent_at=at,
        sends=1,
        placed_at=at if placed else None,
        call=Call(call_id=f"call_{number}", status="ongoing") if placed else None,
    )


def detail(one: Status, width: int = 80) -> list[str]:
    """Return what is printed of one campaign."""
    return shown.detail_lines(one, now=NOW, width=width, bar="#")


def test_one_campaign() -> None:
    """One campaign is told with its list, its outcomes as bars, its money and its last run."""
    assert [
        "spring: waiting",
        "  list       spring.csv, 1,000 rows, 900 called",
        "  outcomes   pending        90   9.0 % ####",
        "             answered      610  61.0 % ########################",
        "             no_answer     290  29.0 % ###########",
        "             rejected       10   1.0 % #",
        "  calls      1,012 created in all, 41.20 USD",
        f"  last run   began {BEGAN}, ended {ENDED}, 12 calls created",
    ] == detail(SPRING)


def test_a_run_that_is_on() -> None:
    """A run that is under way is told with its live calls, the longest first."""
    lives = [attempt(0, placed=False), *(attempt(n, placed=True) for n in range(1, 8))]
    one = replace(
        SPRING,
        running=True,
        pid=4242,
        run=replace(RUN, ended_at=None),
        live=8,
        lives=lives,
        next_due=NOW + timedelta(hours=1),
        spending=Spending(spent_usd=1.0, open=8),
    )
    lines = detail(one)
    assert "spring: running for 10:00 (process 4242)" == lines[0]
    assert [
        "  live       +1********00 for 2:10, being created",
        "             +1********01 for 2:09, call_1",
    ] == lines[6:8]
    assert "             and 3 more" == lines[11]
    assert f"  next due   {local(NOW + timedelta(hours=1))}" == lines[12]
    assert "1.00 USD so far, 8 of them have no price yet" in lines[13]
    assert f"  last run   began {BEGAN}" == lines[14]
    assert lines[15:] == []


def test_what_is_to_be_done() -> None:
    """Calls that nobody follows, and unknown ones, are told with what to do about them."""
    one = replace(
        SPRING,
        campaign="my list",
        live=1,
        lives=[attempt(1, placed=True)],
        outcomes={"unknown": 1000},
        run=replace(RUN, ended_at=None),
        next_due=NOW - timedelta(hours=1),
    )
    text = " ".join(" ".join(detail(one)).split())
    assert "my list: cut short" in text
    assert f"next due {local(NOW - timedelta(hours=1), '%H:%M:%S')}: due now" in text
    assert "and was cut short" in text
    assert "`campaign sync 'my list'` to do unknown calls" in text
    assert "`campaign resolve 'my list'` takes a person's word" in text


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({"running": True}, "running"),
        ({"run": None, "outcomes": {}, "rows": 0}, "not begun"),
        ({"run": replace(RUN, ended_at=None)}, "cut short"),
        ({"run": replace(RUN, stopped_by="until")}, "stopped: until"),
        ({}, "waiting"),
        ({"outcomes": {"answered": 1000}}, "done"),
        ({"outcomes": {"answered": 1000}, "live": 1}, "waiting"),
        ({"outcomes": {"busy": 1000}, "next_due": NOW}, "waiting"),
    ],
)
def test_states(changed: dict[str, Any], state: str) -> None:
    """A word or two say what a campaign does, or why it does nothing."""
    one = replace(SPRING, **changed)
    assert state == shown.state(one)
    assert f"spring: {state}" == detail(one)[0].partition(" for ")[0].partition(" (")[0]


def test_a_run_that_stopped() -> None:
    """The last run says what stopped it."""
    one = replace(SPRING, run=replace(RUN, stopped_by="budget"))
    assert [
        f"  last run   began {BEGAN}, ended {ENDED}, stopped by budget, 12 calls",
        "             created",
    ] == detail(one)[-2:]


def test_a_table() -> None:
    """Campaigns are rows, and numbers stand below each other."""
    found = [SPRING, replace(SPRING, campaign="a\x1b[2J", rows=1100, next_due=NOW)]
    head, first, second = shown.table_lines(found, now=NOW, width=1000)
    assert " ".join(shown.COLUMNS) == " ".join(head.split())
    assert first.startswith("spring      waiting  1,000     900     0  41.20  -")
    assert second.startswith("'a\\x1b[2J'  waiting  1,100   1,000     0  41.20  " + local(NOW))
    assert head.index("outcomes") == first.index("90 pending, 610 answered")


def test_a_table_that_is_tight() -> None:
    """Where the outcomes do not fit, they go on below."""
    lines = shown.table_lines([SPRING], now=NOW, width=90)
    assert len(lines) > 2
    assert all(len(line) <= 90 for line in lines)


def test_a_narrow_terminal() -> None:
    """On a narrow terminal a campaign is a paragraph."""
    assert [
        "spring: waiting, 900 of 1,000 called, 0",
        "  live, 41.20 USD, 90 pending, 610",
        "  answered, 290 no_answer, 10 rejected,",
        f"  next due {local(NOW, '%H:%M:%S')}",
    ] == shown.table_lines([replace(SPRING, next_due=NOW)], now=NOW, width=40)
    assert all(len(line) < 40 for line in detail(SPRING, 40))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Tell that it is one."""
        return True


@pytest.mark.parametrize(("locale", "bar"), [("C", "#"), ("C.UTF-8", "━")])
def test_at_a_terminal(locale: str, bar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal its width and its characters are heeded."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LC_ALL", locale)

    async def found(*_: object) -> list[Status]:
        return [SPRING]

    monkeypatch.setattr(shown, "status", found)
    shown.status_command(Path("campaign.db"), None, json=False)
    shown.status_command(Path("campaign.db"), "spring", json=False)
    lines = stream.getvalue().splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert any(line.endswith(bar * 4) for line in lines)


def test_nobody_to_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output that was closed before the start is no terminal, and no bug."""

    async def found(*_: object) -> list[Status]:
        return [SPRING]

    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(shown, "status", found)
    shown.status_command(Path("campaign.db"), "spring", json=False)
