"""`campaign run`, in this process, against a sandbox over HTTP."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from campaign.sandbox import CallScript, FaultPlan
from campaign.sandbox.faults import FaultName
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
FROM = "+14157774444"
ANSWERED = CallScript(status="ended", disconnection_reason="agent_hangup", talk_s=5.0)


def test_a_run(on: Any, serve: Serve, contacts: Path) -> None:
    """A run calls everybody once, writes the results and prints one document."""
    ran = on(serve(), "--json")
    summary = ran.document
    assert (0, 3, 3, None) == (
        ran.code,
        summary["rows"],
        summary["calls_created"],
        summary["stopped_by"],
    )
    assert ("contacts.csv", "contacts.results.csv", "campaign.db") == (
        summary["contacts"],
        summary["out"],
        summary["ledger"],
    )
    assert sum(summary["outcomes"].values()) == 3
    with Path("contacts.results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert ["+14155550100", "+14155550101", "+14155550102"] == [
        row["call_to_number"] for row in rows
    ]
    assert [
        "campaign: a new ledger was made: campaign.db (it remembers who was called; keep it)",
        "campaign: results: contacts.results.csv",
    ] == [ran.said[0], ran.said[-1]]


@pytest.mark.no_cover
def test_nobody_is_called_twice(on: Any, serve: Serve, contacts: Path) -> None:
    """The same run again calls nobody, and says since when and how to begin anew."""
    server = serve()
    on(server, "--no-follow")
    ran = on(server, "--json")
    assert (0, 0, 3) == (ran.code, ran.document["calls_created"], len(server.sandbox.calls))
    assert "'contacts' has nobody left to call (it began " in ran.said[0]
    assert "--name NEW starts a new campaign" in ran.said[0]


def test_results_of_another_campaign(on: Any, cli: Any, serve: Serve, contacts: Path) -> None:
    """Results that this campaign did not write are told before they are replaced."""
    server = serve()
    on(server, "--no-follow")
    told = "is there, and no run of campaign"
    assert told not in on(server, "--no-follow").err
    tried = ["run", "contacts.csv", "--from", "+14157774444", "--hours", "any", "--sandbox"]
    assert told not in cli(*tried, "--limit", "1", "-o", "contacts.results.csv").err
    ran = cli(*tried, "--name", "other")
    assert f"'contacts.results.csv' {told} 'other' in 'campaign.sandbox.db' wrote it" in ran.err


def test_a_list_of_nobody(on: Any, serve: Serve, write_list: Any) -> None:
    """A list whose rows cannot be called is not one that was called before."""
    write_list(0, bad=2)
    ran = on(serve(), "--json")
    assert (0, {"rejected": 2}) == (ran.code, ran.document["outcomes"])
    assert "nobody left" not in ran.err


def test_quiet(on: Any, serve: Serve, contacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet run that succeeds says nothing, not even of odd variables."""
    monkeypatch.setenv("CAMPAIGN_MAX_LIFE", "7")
    ran = on(serve(), "-q", "--no-follow")
    assert (0, "", "") == (ran.code, ran.out, ran.err)


def test_a_dry_run_outside_the_hours(cli: Any, write_list: Any) -> None:
    """Whoever is outside the calling hours would not be called now, and the results say so."""
    write_list(2)
    far = (datetime.now(UTC) + timedelta(days=3)).strftime("%a").lower()
    given = ("--from", "+14157774444", "--sandbox", "--dry-run", "--days", far)
    assert 0 == cli("run", "contacts.csv", *given).code
    written = Path("contacts.results.csv").read_text()
    assert 2 == written.count("outside its calling hours")
    assert "would be called now" not in written


def test_the_quiet_are_warned(on: Any, serve: Serve, contacts: Path) -> None:
    """A number of a suppression file that cannot be read may be called: that is always told."""
    Path("dnc.txt").write_text("+14155550199\n(415) 555-0100\n")
    ran = on(serve(), "-q", "--no-follow", "--suppress", "dnc.txt")
    assert (0, 1) == (ran.code, len(ran.said))
    assert "1 of 2 rows of the suppression file 'dnc.txt' are no phone number" in ran.err


def test_quiet_by_the_file(on: Any, serve: Serve, contacts: Path) -> None:
    """Quiet and verbose are settings like all others."""
    Path("campaign.toml").write_text("quiet = true\nverbose = 2\n")
    assert on(serve(), "--no-follow").err == ""


def test_odd_variables_are_told(
    on: Any, serve: Serve, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that looks like a setting is named, with what it may mean."""
    monkeypatch.setenv("CAMPAIGN_MAX_LIFE", "7")
    ran = on(serve(), "--no-follow")
    assert (0, "did you mean 'CAMPAIGN_MAX_LIVE'?") == (ran.code, ran.said[0].split("; ")[1])


def test_the_limit(on: Any, serve: Serve, contacts: Path) -> None:
    """A run that stops at its limit is to be run again."""
    ran = on(serve(speed=1.0), "--json", "--limit", "1", "--no-follow")
    assert (75, "limit", {"pending": 2, "placed": 1}) == (
        ran.code,
        ran.document["stopped_by"],
        ran.document["outcomes"],
    )
    assert ran.said[-1] == (
        "campaign: stopped by limit before everything was done: run again to go on"
    )


def test_the_deadline(on: Any, serve: Serve, contacts: Path) -> None:
    """A deadline that has come stops the run."""
    ran = on(serve(), "--json", "--until", "0")
    assert (75, "until", {"pending": 3}) == (
        ran.code,
        ran.document["stopped_by"],
        ran.document["outcomes"],
    )


def test_a_deadline_tomorrow_is_told(on: Any, serve: Serve, contacts: Path) -> None:
    """Who begins after the time of day that was given is told that it is tomorrow's."""
    ran = on(serve(), "--until", "0:00", "--no-follow")
    assert [line for line in ran.said if line.endswith("00:00, not of today")]


def test_a_halt(on: Any, serve: Serve, contacts: Path) -> None:
    """A halted run prints its document and one line with the cause."""
    server = serve(paid=False)
    ran = on(server, "--json", "-q")
    assert (69, "halt", {"pending": 3}, 0) == (
        ran.code,
        ran.document["stopped_by"],
        ran.document["outcomes"],
        len(server.sandbox.calls),
    )
    assert len(ran.said) == 1
    assert Path("contacts.results.csv").exists()


def test_unknown_contacts_are_named(on: Any, serve: Serve, contacts: Path) -> None:
    """How many contacts are unknown is said, even to the quiet, and changes no code."""
    faults = FaultPlan(by_number={"+14155550101": [FaultName.ERROR_BEFORE]})
    ran = on(serve(faults=faults), "-q", "--no-follow")
    assert ran.code == 0
    assert ran.err.count("1 contacts are `unknown`") == 1


def test_files_that_cannot_be_written_in_the_end(
    on: Any, serve: Serve, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written when the calls were placed is 73, and the document is printed."""
    from campaign.api import outputs
    from campaign.errors import OutputError

    def fail(*_: object, **__: object) -> None:
        raise OutputError("cannot write 'contacts.results.csv': No space left on device")

    monkeypatch.setattr(outputs, "write_frame", fail)
    ran = on(serve(), "--json", "--no-follow")
    assert (73, 3) == (ran.code, ran.document["calls_created"])
    assert ran.said[-1].endswith("No space left on device")
    assert "campaign: results: contacts.results.csv" not in ran.said


def test_files_beside_the_results(on: Any, serve: Serve, write_list: Any) -> None:
    """Rejected rows and attempts have files of their own where these are asked for."""
    write_list(2, bad=1)
    ran = on(serve(), "--rejects", "bad.csv", "--attempts-out", "tries.csv", "--out", "r.parquet")
    assert ran.code == 0
    lengths = [len(Path(name).read_text().splitlines()) for name in ("bad.csv", "tries.csv")]
    assert [2, 3] == lengths
    assert Path("r.parquet").read_bytes()[:4] == b"PAR1"


@pytest.mark.no_cover
def test_strict(on: Any, serve: Serve, write_list: Any) -> None:
    """A strict run with a bad row calls nobody, and leaves the file of rejects."""
    write_list(2, bad=1)
    server = serve()
    ran = on(server, "--strict", "--rejects", "bad.csv")
    assert (65, [], 2) == (ran.code, server.sandbox.log, Path("bad.csv").read_text().count("\n"))
    assert "1 rows cannot be called, the first is row 3" in ran.err
    write_list(2)
    assert on(server, "--strict", "--no-follow").code == 0


def test_a_dry_run(on: Any, serve: Serve, contacts: Path) -> None:
    """A dry run does everything but the requests, and makes no ledger."""
    server = serve()
    ran = on(server, "--dry-run", "--json")
    assert (0, {"pending": 3}, []) == (ran.code, ran.document["outcomes"], server.sandbox.log)
    assert not Path("campaign.db").exists()
    assert "dry run: would be called now" in Path("contacts.results.csv").read_text()


def test_settings_reach_the_request(on: Any, serve: Serve, contacts: Path) -> None:
    """What is set for every call is in every request."""
    server = serve()
    ran = on(
        server,
        *["--agent", "agent_x", "--agent-version", "3", "--var", "product=X, Y", "--var", "name=N"],
        *["--meta", "batch=7", "--limit", "1", "--no-follow", "--name", "spring"],
    )
    assert ran.code == 75
    (call,) = server.sandbox.calls.values()
    request = call.request
    assert ("agent_x", 3, "X, Y", "n0", "7") == (
        request["override_agent_id"],
        request["override_agent_version"],
        request["retell_llm_dynamic_variables"]["product"],
        request["retell_llm_dynamic_variables"]["name"],
        request["metadata"]["batch"],
    )


def test_v1(on: Any, serve: Serve, contacts: Path) -> None:
    """The old API is spoken where it is asked for."""
    server = serve()
    assert on(server, "--api", "v1", "--drop-machine", "--no-follow").code == 0
    assert all(call.v1 for call in server.sandbox.calls.values())
    assert all(
        call.request["drop_call_if_machine_detected"] for call in server.sandbox.calls.values()
    )


def test_the_sandbox_inside(cli: Any, contacts: Path) -> None:
    """The sandbox needs no key and no server, and has a ledger of its own."""
    ran = cli(*["run", str(contacts), "--from", "+14157774444", "--hours", "any", "--sandbox"])
    assert ran.code == 0
    assert Path("campaign.sandbox.db").exists()


def test_a_bar(on: Any, serve: Serve, contacts: Path) -> None:
    """Where progress is asked for and nothing can be drawn, it is told in lines."""
    ran = on(serve(), "--progress", "bar", "--no-follow")
    assert "\ncampaign: 3 of 3 contacts dialled" in ran.err


@pytest.mark.parametrize("quiet", [True, False])
def test_progress_for_programs(on: Any, serve: Serve, contacts: Path, quiet: bool) -> None:
    """Progress for programs is lines of JSON on stderr, the last of which has everything."""
    more = ["-q"] if quiet else []
    ran = on(serve(scripts={}, speed=1e6), "--progress", "json", "--json", *more)
    records = [json.loads(line) for line in ran.said if line.startswith("{")]
    assert ("placing", 0, 3) == tuple(records[0][name] for name in ("state", "done", "to_call"))
    assert ("ending", 3, 0) == tuple(records[-1][name] for name in ("state", "done", "live"))
    assert ran.document["outcomes"] == records[-1]["outcomes"]
    assert quiet is (len(records) == len(ran.said))


def test_a_server_that_cannot_tell_the_account(on: Any, serve: Serve, contacts: Path) -> None:
    """On loopback, a server that does not say whose key it is will do."""
    ran = on(serve(lacks=frozenset({"GET /get-api-key-info"})), "--no-follow")
    assert ran.code == 0
    assert "does not tell whose key it is" in ran.err


def test_the_verbose_log_has_no_numbers(on: Any, serve: Serve, contacts: Path) -> None:
    """The log tells what happens, without the numbers of people."""
    ran = on(serve(), "-vv", "--no-follow")
    assert " INFO " in ran.err
    assert "415555" not in ran.err


def test_the_configuration_by_variable(
    cli: Any, serve: Serve, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`CAMPAIGN_CONFIG` names the file; the ledger is beside it."""
    Path("conf").mkdir()
    text = (
        'contacts = "../contacts.csv"\nfrom_number = "+14157774444"\nhours = "any"\ncps = "any"\n'
    )
    Path("conf/spring.toml").write_text(f'{text}follow = false\nbase_url = "{serve().url}"\n')
    monkeypatch.setenv("CAMPAIGN_CONFIG", "conf/spring.toml")
    ran = cli("run", "--json")
    assert (0, str(Path("conf/campaign.db"))) == (ran.code, ran.document["ledger"])


def test_json_is_one_line(on: Any, serve: Serve, contacts: Path) -> None:
    """Nothing but the document is on stdout."""
    ran = on(serve(), "--json", "-vv", "--no-follow")
    assert ran.out.count("\n") == 1
    assert json.loads(ran.out)["campaign"] == "contacts"


# Not counted: under CPython 3.11 a traced thread repeats the first instruction of a function while
# a signal is pending, and the thread that would take the signal may be waiting for this one.
@pytest.mark.no_cover
@pytest.mark.usefixtures("contacts")
@pytest.mark.parametrize(("more", "code"), [([], 143), (["--limit", "1"], 75)])
def test_a_signal_while_the_results_are_written(
    on: Any, serve: Serve, monkeypatch: pytest.MonkeyPatch, more: list[str], code: int
) -> None:
    """A signal in the end waits for the results; the next one would not."""
    from campaign.api import outputs

    write, before = vars(outputs)["write_frame"], signal.getsignal(signal.SIGTERM)

    def interrupted(*args: Any, **named: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        write(*args, **named)

    monkeypatch.setattr(outputs, "write_frame", interrupted)
    ran = on(serve(), "--no-follow", *more)
    assert (code, before) == (ran.code, signal.getsignal(signal.SIGTERM))
    assert "SIGTERM: no new call is placed" in ran.err
    assert Path("contacts.results.csv").read_text().count("\n") == 4


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("args", "outcomes"),
    [(["--hours", "any"], "3 answered; hours: any"), (["--days", "any"], "3 answered")],
)
def test_hours_that_were_lifted(
    cli: Any, serve: Serve, contacts: Path, args: list[str], outcomes: str
) -> None:
    """That nobody looked at any clock is in the line that sums up; by default clocks count."""
    server = serve(scripts={f"+1415555010{n}": [ANSWERED] for n in range(3)})
    noon = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    with time_machine.travel(noon, tick=True):
        ran = cli("run", "contacts.csv", "--from", FROM, "--base-url", server.url, *args)
    assert f"campaign: 'contacts': 3 rows: {outcomes}" in ran.said


@pytest.mark.no_cover
def test_closed_hours(cli: Any, serve: Serve, contacts: Path) -> None:
    """At night nobody is called: all are pending with the reason, and it is told when to go on."""
    server = serve()
    night = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    with time_machine.travel(night, tick=True):
        ran = cli("run", "contacts.csv", "--from", FROM, "--base-url", server.url, "--json")
    assert ({"pending": 3}, "2026-03-02T17:00:00Z", 0) == (
        ran.document["outcomes"],
        ran.document["next_due"],
        ran.code,
    )
    assert {} == server.sandbox.calls
    told = Path("contacts.results.csv").read_text(encoding="utf-8")
    assert 3 == told.count("outside its calling hours (09:00-20:00 in America/Los_Angeles)")
