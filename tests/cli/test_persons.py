"""`suppress`, `explain` and `forget`: what is done about single numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaign.cli import persons
from campaign.sandbox import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
A, B, C = "+14155550100", "+14155550101", "+14155550102"
ANSWERED = CallScript(status="ended", disconnection_reason="agent_hangup", talk_s=30.0)
FORGETTING = "campaign: erased: the number +1********00 and the texts of 1 attempts; a keyed hash"


@pytest.fixture
def rows(contacts: Path) -> Callable[[], list[tuple[str, str]]]:
    """Return a reader of outcome and reason of each row of the results."""
    import csv

    def read() -> list[tuple[str, str]]:
        with Path("contacts.results.csv").open(encoding="utf-8", newline="") as file:
            return [(row["call_outcome"], row["call_error"]) for row in csv.DictReader(file)]

    return read


def test_the_suppression_list(cli: Any) -> None:
    """Numbers go on the list and off it, in any notation; a script reads it as JSON."""
    ran = cli("suppress", "add", "(415) 555-0100", B, "--region", "US", "--reason", "by mail")
    assert (0, "campaign: 2 numbers were put on the suppression list") == (ran.code, ran.said[-1])
    ran = cli("suppress", "add", B, C)
    assert "campaign: 1 numbers were put on the suppression list, 1 were on it" == ran.said[-1]
    found = cli("suppress", "list", "--json").document
    assert [(A, "by mail"), (B, "by mail"), (C, "added by hand")] == [
        (entry["number"], entry["reason"]) for entry in found
    ]
    assert "Z" == found[0]["at"][-1]
    ran = cli("suppress", "remove", A, "+14155550199")
    assert (
        "campaign: 1 numbers were taken off the suppression list, 1 were not on it" == ran.said[-1]
    )
    shown = cli("suppress", "list").out.splitlines()
    assert [(B, "by mail"), (C, "added by hand")] == [
        (line.split()[0], line.split("  ")[-1]) for line in shown
    ]


@pytest.mark.parametrize("command", ["add", "remove"])
def test_numbers_that_are_none(cli: Any, command: str) -> None:
    """What is no number is wrong usage, and nothing is then done."""
    cli("suppress", "add", B)
    ran = cli("suppress", command, A, "12")
    assert (2, True) == (ran.code, "'**' cannot be used: no country code" in ran.err)
    assert [B] == [entry["number"] for entry in cli("suppress", "list", "--json").document]


def test_no_ledger(cli: Any) -> None:
    """A ledger that is not there has no list, and nothing to take off it or forget."""
    assert ("[]\n", 0) == (cli("suppress", "list", "--json").out, cli("suppress", "list").code)
    assert 78 == cli("suppress", "remove", A).code
    assert 78 == cli("forget", A).code
    assert not Path("campaign.db").exists()


@pytest.mark.no_cover
def test_suppressed_rows(cli: Any, on: Any, serve: Serve, rows: Any) -> None:
    """Nobody on the list is called; who was reached before keeps the outcome."""
    server = serve(scripts={n: [ANSWERED] for n in (A, B, C)})
    cli("suppress", "add", B, "--reason", "by mail")
    Path("dnc.txt").write_text(f"{C}\n", encoding="utf-8")
    ran = on(server, "--suppress", "dnc.txt", "--json")
    assert ({"answered": 1, "suppressed": 2}, 0) == (ran.document["outcomes"], ran.code)
    assert [
        ("answered", ""),
        ("suppressed", "suppressed: by mail"),
        ("suppressed", "suppressed: on the list dnc.txt"),
    ] == rows()
    cli("suppress", "add", A)
    cli("results", "contacts")
    assert ("answered", "") == rows()[0]
    Path("dnc.txt").unlink()
    assert 0 == cli("results", "contacts").code
    assert [("answered", ""), ("suppressed", "suppressed: by mail")] == rows()[:2]
    assert "pending" == rows()[2][0]


def test_explain(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """The story of a number has its calls, and why it was not called, with the clock there."""
    server = serve(scripts={A: [ANSWERED]})
    cli("suppress", "add", B, "--reason", "by mail")
    on(server, "--limit", "1", "--in-flight", "1")
    found = cli("explain", "(415) 555-0100", "--region", "US", "--json").document
    assert A == found["number"]
    (event,) = found["events"]
    assert ["at", "campaign", "kind", "outcome", "reason", "local_time"] == list(event)
    assert ("contacts", "attempt", "answered", "agent_hangup") == (
        event["campaign"],
        event["kind"],
        event["outcome"],
        event["reason"],
    )
    assert event["local_time"][-6:] in {"-08:00", "-07:00"}
    shown = cli("explain", B).out.splitlines()
    assert 2 == len(shown)
    assert " there): suppressed, by mail" in shown[0]
    assert " there): contacts, skip, suppressed: by mail" in shown[1]


@pytest.mark.no_cover
def test_explain_holds(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """Who was due and held has the reason."""
    server = serve(scripts={n: [ANSWERED] for n in (A, B, C)})
    on(server, "--name", "winter")
    on(server, "--name", "spring", "--max-per-number", "1/24h")
    kinds = [
        (event["campaign"], event["kind"], event["reason"])
        for event in cli("explain", A, "--json").document["events"]
    ]
    assert [
        ("winter", "attempt", "agent_hangup"),
        ("spring", "hold", "at most 1 calls to one number: 1/24h"),
    ] == kinds


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("number", "local"), [(A, True), ("+442071838750", True), ("+88213300655", False)]
)
def test_the_clock_there(cli: Any, number: str, *, local: bool) -> None:
    """Where a number may be is known from it; one of a satellite has no clock."""
    cli("suppress", "add", number)
    (event,) = cli("explain", number, "--json").document["events"]
    assert local is (event["local_time"] is not None)
    assert local is (" there)" in cli("explain", number).out)


def test_nothing_to_explain(cli: Any) -> None:
    """A number that is not in the ledger has no events, which is no error."""
    ran = cli("explain", A, "--json")
    assert (0, {"number": A, "events": []}) == (ran.code, ran.document)
    assert ["campaign: nothing is known of +1********00 in the ledger 'campaign.db'"] == ran.said
    ran = cli("explain", "12")
    assert (2, True) == (ran.code, "'**' cannot be used" in ran.err)


@pytest.mark.no_cover
def test_numbers_as_written(cli: Any, on: Any, serve: Serve, folder: Path) -> None:
    """A number that went as it was written is found as it was written."""
    (folder / "contacts.csv").write_text(
        "phone,ignore_e164_validation\n5550100,true\n", encoding="utf-8"
    )
    on(serve())
    assert 1 == len(cli("explain", "5550100", "--json").document["events"])
    assert 0 == cli("forget", "5550100").code


@pytest.mark.no_cover
def test_forget(cli: Any, on: Any, serve: Serve, rows: Any) -> None:
    """A person's number leaves the ledger, and still nobody is called again."""
    server = serve(scripts={n: [ANSWERED] for n in (A, B, C)})
    on(server)
    ran = cli("forget", A)
    assert (0, True) == (ran.code, ran.said[-1].startswith(FORGETTING))
    ran = on(server, "--json")
    assert ({"answered": 3}, 0) == (ran.document["outcomes"], ran.document["calls_created"])
    assert [("answered", "")] * 3 == rows()
    assert f",{A}," not in Path("contacts.results.csv").read_text()
    cli("suppress", "add", C)
    cli("forget", C)
    cli("forget", B)
    assert [] == [number for number in (A, B, C) if number in cli("suppress", "list").out]
    ran = on(server, "--json", "--name", "summer", "--max-per-number", "any")
    assert {"answered": 2, "suppressed": 1} == ran.document["outcomes"]


def test_who_cannot_be_forgotten(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """A number with a live call is not forgotten: exit 78."""
    on(serve(speed=1.0), "--no-follow", "--limit", "1", "--in-flight", "1")
    assert 78 == cli("forget", A).code


@pytest.mark.parametrize(
    ("typed", "args", "done"),
    [("y\n", [], True), ("n\n", [], False), ("n\n", ["--yes"], True)],
)
def test_the_question(
    cli: Any, typed: str, args: list[str], done: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal a person is asked first, unless told not to."""
    cli("suppress", "add", A)
    monkeypatch.setattr(persons, "is_terminal", lambda *_: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    ran = cli("forget", A, *args)
    assert 0 == ran.code
    assert done is ("erased: the number" in ran.err)
    assert done is (A not in cli("suppress", "list").out)
