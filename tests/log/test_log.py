"""The log: one fixed set of actions, and neither a full phone number nor a key."""

from __future__ import annotations

import ast
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from campaign.log import OF_CREATES, Action, Log
from campaign.model import Attempt, AttemptState
from campaign.policy import placing

PACKAGE = Path(__file__).parents[2] / "campaign"
LEVELS = ("debug", "info", "warning", "error", "critical", "exception", "log")
OUTSIDE = ("log.py", "cli/logs.py", "retell/listen.py")
"""The log itself, where it is shown, and where a foreign one is silenced."""

ACTIONS = {
    *("run_started", "run_ended", "placed", "not_sent", "refused", "unknown", "ended", "lost"),
    *("throttled", "held", "looked_up", "found", "not_found", "draining", "halted", "breaker"),
    *("lines", "caller_retired", "list_failed", "read_failed", "hang_up_failed"),
    *(
        "document_failed",
        "renewal_failed",
        "webhook_refused",
        "pinged",
        "ping_failed",
        "encoding",
        "settings",
    ),
    *("notice", "error"),
}
"""What alarms of others are built on: a slug is added here, and never renamed."""

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NUMBER = "+14155550123"
ATTEMPT = Attempt(
    id=1,
    campaign="spring",
    contact_key=NUMBER,
    attempt=1,
    attempt_id="att_1",
    to_number=NUMBER,
    from_number="+14157774444",
    agent_id=None,
    state=AttemptState.SENDING,
    intent_at=AT,
    sends=1,
)


def test_the_actions_are_these() -> None:
    """Each is written down here; every answer that a create can have is called by one."""
    assert ACTIONS == {action.value for action in Action}
    verdicts = {placing.CREATED, placing.FOUND, placing.STILL_UNKNOWN, *placing.FAULTS.values()}
    assert {verdict.event for verdict in verdicts} == set(OF_CREATES)


def test_a_line(caplog: pytest.LogCaptureFixture) -> None:
    """A record has its action and fields; of an attempt campaign, id and masked number."""
    caplog.set_level(logging.INFO, "campaign")
    Log("campaign.test").info(Action.PLACED, "a %s", "call", attempt=ATTEMPT, call="call_1", n=3)
    (record,) = caplog.records
    fields = {
        "campaign": "spring",
        "attempt": "att_1",
        "number": "+1********23",
        "call": "call_1",
        "n": 3,
    }
    found: dict[str, Any] = record.__dict__
    assert ("campaign.test", "INFO", "a call") == (
        record.name,
        record.levelname,
        caplog.messages[0],
    )
    assert ("placed", fields) == (found["action"], found["fields"])
    assert fields == {name: found[name] for name in fields}
    assert (record.filename, record.funcName) == ("test_log.py", "test_a_line")


@pytest.mark.parametrize("level", ["debug", "info", "warning"])
def test_nothing_in_it_is_a_number_or_a_key(level: str, caplog: pytest.LogCaptureFixture) -> None:
    """Text, arguments and fields are masked, whoever gave them; per cent signs are text."""
    caplog.set_level(logging.DEBUG, "campaign")
    write = getattr(Log("campaign.test"), level)
    write(Action.NOTICE, f"100 % of {NUMBER}")
    write(Action.NOTICE, "%s with %s", NUMBER, "key_1234567890abcdef", number=NUMBER, why=NUMBER)
    assert NUMBER not in str([record.__dict__ for record in caplog.records])
    assert ["100 % of +1********23", "+1********23 with ********"] == caplog.messages


def test_a_line_that_is_badly_written(caplog: pytest.LogCaptureFixture) -> None:
    """Arguments that do not fit their text are told all the same: no run ends for want of one."""
    Log("campaign.test").warning(Action.NOTICE, "%d of %d", "one", NUMBER)
    assert ["%d of %d ('one', '+1********23')"] == caplog.messages


def test_a_level_that_is_off_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What nobody asked for is not even put together."""
    caplog.set_level(logging.WARNING, "campaign")
    Log("campaign.test").info(Action.NOTICE, "%d", "no number")
    assert [] == caplog.records


def _named(tree: ast.AST, name: str) -> Iterator[bool]:
    for node in ast.walk(tree):
        yield name in {getattr(node, kind, "") for kind in ("id", "attr", "name")}


def _calls(tree: ast.AST, names: tuple[str, ...]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            whose = node.func.value
            if isinstance(whose, ast.Name) and whose.id in names and node.func.attr in LEVELS:
                yield node


@cache
def _modules() -> list[tuple[str, ast.Module]]:
    paths = ((path.relative_to(PACKAGE).as_posix(), path) for path in PACKAGE.rglob("*.py"))
    return [
        (name, ast.parse(path.read_text(encoding="utf-8")))
        for name, path in sorted(paths)
        if name not in OUTSIDE
    ]


@pytest.mark.no_cover
def test_everybody_writes_through_it() -> None:
    """No module takes a logger of its own, and every line has an action of the set."""
    foreign = [name for name, tree in _modules() for _ in _calls(tree, ("logging", "logger"))]
    taken = [name for name, tree in _modules() if any(_named(tree, "getLogger"))]
    lines = [call for _, tree in _modules() for call in _calls(tree, ("log", "_log"))]
    first = {ast.unparse(call.args[0]).rpartition(".")[2].lower() for call in lines}
    assert ([], []) == (foreign, taken)
    assert len(lines) > 15
    # `place` picks its action from a table.
    assert set() == first - {"action"} - ACTIONS
