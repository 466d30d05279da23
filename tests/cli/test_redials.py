"""Redials, budget, caller pool, webhooks and transcripts, as they are typed."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from campaign.model.moments import MINUTE, not_before
from campaign.sandbox.plan import CallScript, Number
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]

A, B, C = "+14155550100", "+14155550101", "+14155550102"
BUSY = CallScript(status="not_connected", disconnection_reason="dial_busy")
MACHINE = CallScript(status="ended", disconnection_reason="voicemail_reached", cost_cents=10.0)
ANSWERED = CallScript(status="ended", disconnection_reason="user_hangup", cost_cents=20.0)


def outcomes() -> list[tuple[str, str]]:
    """Return outcome and calls of each row of the results."""
    with Path("contacts.results.csv").open(encoding="utf-8", newline="") as file:
        return [(row["call_outcome"], row["call_attempts"]) for row in csv.DictReader(file)]


def test_redials(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """Runs, as cron starts them, dial again who is due; all commands tell when the next one is."""
    server = serve(scripts={A: [BUSY, BUSY, ANSWERED], B: [MACHINE], C: [ANSWERED]})
    given = ["--attempts", "3", "--redial-after", "0,1h", "--wait", "0s"]
    ran = on(server, *given, "--json")
    assert [("busy", "2"), ("voicemail", "1"), ("answered", "1")] == outcomes()
    due = ran.document["next_due"]
    assert (0, "Z") == (ran.code, due[-1])
    assert ran.said[-1].startswith("campaign: the next call is due at 20")
    assert due == cli("status", "--json").document[0]["next_due"]
    shown = not_before(datetime.fromisoformat(due), MINUTE).astimezone()
    assert shown.strftime("%H:%M") in cli("status").out
    checked = cli("check", "contacts.csv", *given[:4], "--json").document
    assert (due, 0) == (checked["next_due"], checked["forecast"]["calls"])
    assert "the next contact falls due at 20" in cli("check", "contacts.csv", *given[:4]).out
    ran = on(server, *given, "--json", "-q")
    assert (0, due, []) == (ran.document["calls_created"], ran.document["next_due"], ran.said)
    ran = on(server, "--attempts", "3", "--redial-after", "0", "--redial-on", "busy,voicemail")
    assert [("answered", "3"), ("voicemail", "3"), ("answered", "1")] == outcomes()


def test_words_in_vain(on: Any, serve: Serve, contacts: Path) -> None:
    """Outcomes that are never dialled again are named."""
    ran = on(serve(), "--redial-on", "busy,answered", "--no-follow")
    assert (0, 1) == (ran.code, ran.err.count("never dialled again: answered (--redial-on takes"))


def test_a_budget(on: Any, serve: Serve, contacts: Path) -> None:
    """A run that its budget stops is 75, and says what was spent and what is left."""
    server = serve(scripts={number: [ANSWERED] for number in (A, B, C)})
    one = ["--max-live", "1", "--in-flight", "1"]
    ran = on(server, "--budget", "0.5")
    assert (78, 0) == (ran.code, len(server.sandbox.calls))
    assert "say with --cost-per-call USD what to expect of one" in ran.err
    ran = on(server, "--budget", "0.5", "--cost-per-call", "0.2", *one, "--json")
    assert (75, "budget", 2) == (
        ran.code,
        ran.document["stopped_by"],
        ran.document["calls_created"],
    )
    assert ran.said[-1] == (
        "campaign: stopped by budget before everything was done: 0.40 of 0.50 USD are spent, and"
        " the 0.10 left do not pay for another call; raise --budget to go on"
    )
    assert 0 == on(server, "--budget", "0.6", *one).code


def test_local_presence(on: Any, serve: Serve, contacts: Path) -> None:
    """The number of the pool that is nearest to a contact calls it."""
    server = serve()
    ran = on(server, "--from", "+442079460018", "--local-presence", "--no-follow")
    assert (0, {"+14157774444"}) == (
        ran.code,
        {call.request["from_number"] for call in server.sandbox.calls.values()},
    )


def test_webhooks(on: Any, serve: Serve, contacts: Path) -> None:
    """The port is announced."""
    ran = on(serve(), "--webhook-port", "0", "--no-follow")
    assert 0 == ran.code
    assert ran.said[0].startswith("campaign: webhooks are taken at http://127.0.0.1:")


def test_transcripts(on: Any, serve: Serve, contacts: Path) -> None:
    """Each answered call has its file."""
    server = serve(scripts={A: [ANSWERED], B: [BUSY], C: [ANSWERED]})
    assert 0 == on(server, "--transcripts", "calls/spring").code
    assert 2 == len(list(Path("calls/spring").glob("call_*.json")))


@pytest.mark.usefixtures("contacts")
def test_a_number_that_is_not_ours(on: Any, serve: Serve) -> None:
    """What the account is asked before the first call can end a run in one line."""
    ran = on(serve(numbers={B: Number()}))
    assert (69, 1) == (ran.code, len(ran.said))
    assert "the caller number '+14157774444' cannot be used" in ran.err


@pytest.mark.usefixtures("contacts")
def test_a_pace_that_is_too_high(on: Any, serve: Serve) -> None:
    """A pace above the number's ceiling is bad configuration."""
    ran = on(serve(numbers={"+14157774444": Number(kind="retell-telnyx")}), "--cps", "17")
    assert (78, 1) == (ran.code, len(ran.said))
    assert "at most 16 calls per second" in ran.err
