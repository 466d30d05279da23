"""The log of a run on stderr: as text, and as lines of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign.log import Action
from campaign.sandbox.plan import Number
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
FULL = re.compile(r"\+?1?4155[0-9]{6}")
AS_JSON = ("--log-format", "json")


def lines(ran: Any) -> list[dict[str, Any]]:
    """Return all that was written on stderr, each line an object."""
    return [json.loads(line) for line in ran.said]


def test_a_run(on: Any, serve: Serve, contacts: Path, api_key: str) -> None:
    """All that happens is a line with time, level, action and campaign; no number, no key."""
    before = datetime.now(UTC)
    ran = on(serve(), *AS_JSON)
    found = lines(ran)
    actions = [line["action"] for line in found]
    assert (0, "") == (ran.code, ran.out)
    happened = [action for action in dict.fromkeys(actions) if action != "notice"]
    assert ["run_started", "placed", "ended", "run_ended"] == happened
    assert (3, 3) == (actions.count("placed"), actions.count("ended"))
    assert set(actions) <= set(Action)
    for line in found:
        assert ["time", "level", "action", "campaign"] == list(line)[:4]
        assert "contacts" == line["campaign"]
        assert before <= datetime.fromisoformat(line["time"].replace("Z", "+00:00"))
        assert isinstance(line["message"], str)
    assert not FULL.search(ran.err)
    assert api_key not in ran.err
    ended = found[actions.index("run_ended")]
    assert (3, 0, None, 3) == (
        ended["calls_created"],
        ended["exit_code"],
        ended["stopped_by"],
        sum(ended["outcomes"].values()),
    )


@pytest.mark.no_cover
def test_what_a_command_ends_with(on: Any, cli: Any, serve: Serve, contacts: Path) -> None:
    """An error is a line of its own, of the level error; so is one of the settings."""
    ran = on(serve(numbers={"+14155550000": Number()}), *AS_JSON)
    assert (69, "error", "error") == (ran.code, lines(ran)[-1]["action"], lines(ran)[-1]["level"])
    ran = cli("run", "nowhere.csv", "--cps", "x", *AS_JSON)
    (line,) = lines(ran)
    assert (2, "error", None) == (ran.code, line["action"], line["campaign"])
    assert line["message"].startswith("--cps: ")
    # The next command of this process speaks plainly again.
    assert cli("run", "nowhere.csv", "--cps", "x").err.startswith("campaign: --cps: ")


@pytest.mark.no_cover
def test_quiet_is_silent(on: Any, serve: Serve, contacts: Path) -> None:
    """With -q nothing is written of a run that ends well, in either format."""
    server = serve()
    assert ("", "") == (on(server, *AS_JSON, "-q").err, on(server, "-q").err)


def test_more_of_it(on: Any, serve: Serve, contacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As text there are warnings only, with -v what happens; JSON has that, with -v all of it."""
    closed = ("--hours", "10:00-17:00", "--days", _another_day())
    server = serve()
    monkeypatch.setenv("CAMPAIGN_LOG_FORMAT", "json")
    assert "held" not in {line["action"] for line in lines(on(server, *closed))}
    held = [line for line in lines(on(server, *closed, "-v")) if line["action"] == "held"]
    assert ["+1********00", "+1********01", "+1********02"] == [line["number"] for line in held]
    assert {"debug"} == {line["level"] for line in held}
    assert all(datetime.fromisoformat(line["until"]) > datetime.now(UTC) for line in held)
    monkeypatch.delenv("CAMPAIGN_LOG_FORMAT")
    assert "INFO" not in on(server).err
    again = on(server, "--name", "again", "--limit", "1", "--max-per-number", "any", "-v").err
    assert re.search(r" INFO attempt att_\w+ to \+1\*{8}00: placed\n", again)


def _another_day() -> str:
    """Return a day of the week that is nowhere today, and on which people may be called."""
    day = datetime.now(UTC) + timedelta(days=3)
    return f"{day + timedelta(days=day.weekday() == 6):%a}".lower()


def test_settings_that_are_odd(on: Any, serve: Serve, contacts: Path, monkeypatch: Any) -> None:
    """What is odd about the settings is a line of the log, too."""
    monkeypatch.setenv("CAMPAIGN_MAX_LIFE", "3")
    notice = lines(on(serve(), *AS_JSON))[0]
    assert ("notice", "info", "contacts") == (
        notice["action"],
        notice["level"],
        notice["campaign"],
    )
    assert "CAMPAIGN_MAX_LIFE" in notice["message"]


def test_no_bar_in_it(
    on: Any, serve: Serve, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where lines of JSON are wanted, nothing is drawn between them unless it is asked for."""
    from campaign.cli import run

    monkeypatch.setattr(run, "is_terminal", lambda *_: True)
    assert lines(on(serve(), *AS_JSON, "--yes"))
