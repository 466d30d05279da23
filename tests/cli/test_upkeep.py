"""`sync`, `stop`, `resolve`, and what a run does about a ledger that was lost."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaign.policy import evidence
from campaign.retell.client import RetellProvider
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.plan import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]

UNKNOWN = FaultPlan(script={1: FaultName.ERROR_BEFORE})
LONG = CallScript(status="ended", disconnection_reason="user_hangup", ring_s=1.0, talk_s=180.0)


def made(server: Served) -> Counter[str]:
    """Return how many calls the sandbox made to each number."""
    return Counter(call.to_number for call in server.sandbox.calls.values())


def outcomes(path: str = "contacts.results.csv") -> list[str]:
    """Return the outcomes of a results file, in its order."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [row["call_outcome"] for row in csv.DictReader(file)]


@pytest.mark.no_cover
def test_sync_records_what_has_ended(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """Calls that a run left live are asked after, once, and nobody is called."""
    server = serve(listing_lag_s=1000.0)
    on(server, "--no-follow")
    ran = cli("sync", "--base-url", server.url)
    assert (0, "contacts: 0 found, 3 ended, 0 still live, 0 unknown\n", "") == (
        ran.code,
        ran.out,
        ran.err,
    )
    assert 0 == cli("results", "contacts").code
    assert "placed" not in outcomes()
    assert 3 == len(server.sandbox.calls)


def test_sync_finds_calls_of_unknown_outcome(
    cli: Any, on: Any, serve: Serve, contacts: Path
) -> None:
    """A call that was made after all is adopted, however long the run has been over."""
    faults = FaultPlan(script={1: FaultName.ERROR_AFTER})
    server = serve(faults=faults, listing_lag_s=1.5)
    ran = on(server, "--lookup-for", "0s", "--json")
    assert 1 == ran.document["unknown"]
    time.sleep(1.5)
    ran = cli("sync", "contacts", "--base-url", server.url)
    assert ran.out.startswith("contacts: 1 found")
    assert ran.out.endswith("0 unknown\n")


def test_sync_tells_of_reads_that_fail(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """What could not be read stays as it was, and is told."""
    server = serve(faults=FaultPlan(rates={FaultName.GET_ERROR: 1.0}), listing_lag_s=1000.0)
    on(server, "--no-follow")
    ran = cli("sync", "--base-url", server.url)
    assert "3 still live" in ran.out
    assert ["campaign: contacts: 3 reads failed; sync again later"] == ran.said


@pytest.mark.parametrize("args", [("sync",), ("stop", "x"), ("resolve", "x", "--all", "--called")])
def test_without_a_ledger_there_is_nothing_to_do(cli: Any, args: tuple[str, ...]) -> None:
    """The error names the ledger."""
    ran = cli(*args)
    assert 78 == ran.code
    assert "campaign.db" in ran.err


@pytest.mark.parametrize("args", [("stop", "x"), ("resolve", "x", "--all", "--called")])
def test_a_campaign_that_is_not_there(
    cli: Any, on: Any, serve: Serve, contacts: Path, args: tuple[str, ...]
) -> None:
    """The error names the campaign."""
    server = serve()
    on(server)
    for given in (args, ("sync", "x", "--base-url", server.url)):
        ran = cli(*given)
        assert 78 == ran.code
        assert "no campaign 'x'" in ran.err


def test_a_person_says_that_nobody_was_called(
    cli: Any, on: Any, serve: Serve, contacts: Path
) -> None:
    """The contact is due again, as a new attempt; until then it is pending."""
    server = serve(faults=UNKNOWN)
    assert 1 == on(server, "--lookup-for", "0s", "--json").document["unknown"]
    ran = cli("resolve", "contacts", "--not-called", "--all")
    assert (0, 1) == (ran.code, ran.err.count("1 contacts of 'contacts' are due again"))
    cli("results", "contacts")
    assert 1 == outcomes().count("pending")
    again = on(server, "--json").document
    assert (1, 0) == (again["calls_created"], again["unknown"])
    assert {1} == set(made(server).values())


def test_a_person_says_that_somebody_was_called(
    cli: Any, on: Any, serve: Serve, contacts: Path
) -> None:
    """The contact counts as called; numbers are read in any notation."""
    server = serve(faults=UNKNOWN)
    on(server, "--lookup-for", "0s", "--in-flight", "1")
    ran = cli("resolve", "contacts", "(415) 555-0100", "--region", "US", "--called")
    assert (0, True) == (ran.code, "count as called" in ran.err)
    assert 0 == on(server, "--json").document["calls_created"]
    assert 1 == outcomes().count("placed")


UNCLEAR: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("--all",), 2, "--called or --not-called"),
    (("--called", "--not-called", "--all"), 2, "contradict each other"),
    (("--not-called", "+14155550100", "--called"), 2, "contradict each other"),
    (("--called",), 2, "--all"),
    (("--called", "--all", "+14155550100"), 2, "--all"),
    (("--called", "+14155550199"), 78, "+1*"),
    (("--called", "nonsense"), 78, "no call of unknown outcome"),
)


def test_a_verdict_must_be_clear(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """Which contacts, and what is known of them; nothing is recorded otherwise."""
    on(serve(faults=UNKNOWN), "--lookup-for", "0s")
    for args, code, words in UNCLEAR:
        ran = cli("resolve", "contacts", *args)
        assert (args, code, True) == (args, ran.code, words in ran.err)
        assert 1 == cli("status", "--json").document[0]["outcomes"]["unknown"]


def test_there_may_be_no_run_to_stop(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """Nothing is recorded that would stop the next run."""
    server = serve()
    on(server, "--limit", "1")
    ran = cli("stop", "contacts")
    assert (0, ["campaign: no run of 'contacts' is under way: there is nothing to stop"]) == (
        ran.code,
        ran.said,
    )
    assert 2 == on(server, "--json").document["calls_created"]


@pytest.mark.parametrize("hang_up", [False, True])
def test_a_run_is_stopped_from_outside(
    cli: Any, start: Any, against: Any, serve: Serve, write_list: Any, *, hang_up: bool
) -> None:
    """The run places no new call, follows or ends the live ones, and says so with 75."""
    path = write_list(30)
    talk_s = 600.0 if hang_up else 1.0
    numbers = [line.partition(",")[0] for line in path.read_text().splitlines()[1:]]
    scripts = {n: [CallScript(status="ended", ring_s=0.1, talk_s=talk_s)] for n in numbers}
    server = serve(scripts=scripts, speed=1.0)
    process = start([*against(server.url, "--json"), "--cps", "5"])
    while len(server.sandbox.calls) < 3:
        time.sleep(0.02)
    ran = cli("stop", "contacts", *(["--hang-up"] if hang_up else []))
    assert f"pid {process.pid}" in ran.err
    out, _ = process.communicate(timeout=30)
    assert 75 == process.returncode
    assert '"stopped_by": "stop"' in out
    assert len(server.sandbox.calls) < 30
    assert "placed" not in outcomes()


@pytest.mark.no_cover
def test_a_deleted_ledger_redials_nobody(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """The provider's list is taken over; with nobody left to call there is nothing to wait for."""
    server = serve()
    on(server)
    before = outcomes()
    for path in Path().glob("campaign.db*"):
        path.unlink()
    begun = time.monotonic()
    ran = on(server, "--json")
    assert time.monotonic() - begun < 10
    assert (0, 0, before) == (ran.code, ran.document["calls_created"], outcomes())
    assert "3 calls that the provider knows and the ledger did not" in ran.err


def test_live_calls_of_a_deleted_ledger_are_followed(on: Any, serve: Serve, contacts: Path) -> None:
    """They are taken over as they are: nobody is called again, and their end is seen."""
    server = serve(speed=60.0, scripts={f"+1415555010{n}": [LONG] for n in range(3)})
    on(server, "--no-follow")
    for path in Path().glob("campaign.db*"):
        path.unlink()
    ran = on(server, "--json")
    assert (0, 0, {"answered": 3}) == (
        ran.code,
        ran.document["calls_created"],
        ran.document["outcomes"],
    )


def test_a_lost_ledger_lets_the_list_catch_up(
    cli: Any, on: Any, serve: Serve, write_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deleted right after its calls, the list lagging and keys ignored: nobody is redialled."""
    monkeypatch.setattr(evidence, "LOSS_GRACE_S", 3.0)
    write_list(3)
    server = serve(listing_lag_s=2.0, honors_keys=False)
    on(server, "--no-follow")
    Path("campaign.db").unlink()
    write_list(4)
    ran = on(server, "--json")
    assert (0, 1) == (ran.code, ran.document["calls_created"])
    assert "the ledger has lost records" in ran.err
    assert {1} == set(made(server).values())


def test_a_loss_that_is_long_over_is_not_waited_for(
    cli: Any, on: Any, serve: Serve, write_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the list has had its time, calling goes on at once."""
    write_list(3)
    server = serve()
    on(server)
    Path("campaign.db").unlink()
    monkeypatch.setattr(evidence, "LOSS_GRACE_S", 0.0)
    write_list(4)
    ran = on(server, "--json")
    assert (1, False) == (ran.document["calls_created"], "lost records" in ran.err)


def test_a_server_without_a_list_is_told(on: Any, serve: Serve, contacts: Path) -> None:
    """The ledger alone is gone by then."""
    ran = on(serve(lacks=frozenset({"POST /v3/list-calls"})))
    assert (0, True) == (ran.code, "no list of calls" in ran.err)


def test_a_wrong_clock_calls_nobody(
    on: Any, serve: Serve, contacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than two minutes away from the provider's: 78."""
    monkeypatch.setattr(RetellProvider, "skew_s", property(lambda _: -300.0))
    server = serve()
    ran = on(server)
    assert (78, 0) == (ran.code, len(server.sandbox.calls))
    assert "300 s away" in ran.err


def test_a_second_run_ends_without_a_request(
    on: Any, start: Any, against: Any, serve: Serve, write_list: Any
) -> None:
    """Within two seconds, naming who holds the lock, and before the list is even read."""
    write_list(20)
    server = serve(speed=1.0)
    process = start([*against(server.url), "--cps", "2"])
    while not server.sandbox.calls:
        time.sleep(0.02)
    Path("contacts.csv").write_text("", encoding="utf-8")
    log = len([entry for entry in server.sandbox.log if entry.path == "/get-api-key-info"])
    begun = time.monotonic()
    ran = on(server)
    assert time.monotonic() - begun < 2
    assert (75, True) == (ran.code, f"pid {process.pid}" in ran.err)
    assert log == len([e for e in server.sandbox.log if e.path == "/get-api-key-info"])
    process.kill()


@pytest.mark.no_cover
def test_v1_compares_by_time_and_metadata(on: Any, serve: Serve, contacts: Path) -> None:
    """A v1 campaign whose ledger is lost redials nobody either."""
    server = serve()
    first = on(server, "--api", "v1", "--json")
    assert 3 == first.document["calls_created"]
    again = on(server, "--api", "v1", "--json")
    assert 0 == again.document["calls_created"]
    for path in Path().glob("campaign.db*"):
        path.unlink()
    ran = on(server, "--api", "v1", "--json")
    assert (0, {1}) == (ran.document["calls_created"], set(made(server).values()))
