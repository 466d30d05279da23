"""`check`, `status`, `results` and `sandbox`, in this process."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaign.cli import BY_ITSELF, FREED, MEMORY, main
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]


def test_check(cli: Any, write_list: Any) -> None:
    """A check tells what a run would do, and leaves nothing behind."""
    write_list(3, bad=2)
    ran = cli("check", "contacts.csv", "--hours", "any")
    assert (0, "") == (ran.code, ran.err)
    first, reason, *samples, finish = ran.out.splitlines()
    assert (
        "contacts: 5 rows: 3 pending, 2 rejected",
        "  2: ",
        ["    row 4", "    row 5"],
        "the run would be through about",
    ) == (first, reason[:5], [sample[:9] for sample in samples], finish[:30])
    assert ["contacts.csv"] == [path.name for path in Path().iterdir()]


def test_check_of_numbers_in_other_notations(cli: Any) -> None:
    """How many cells are called by another spelling is told, whatever they are encoded in."""
    text = "phone,name\n(415) 555-0101,Łukasz\n+1 415 555 0102,Ada\n+14155550103,Bob\n"
    Path("contacts.csv").write_bytes(text.encode("cp1250"))
    given = ("--region", "US", "--hours", "any", "--encoding", "cp1250")
    ran = cli("check", "contacts.csv", *given)
    assert "  2 phone cells are spelled another way than they are called" in ran.out
    assert "normalised" not in cli("check", "contacts.csv", *given, "--json").document


def test_check_as_a_document(cli: Any, write_list: Any) -> None:
    """The document has the counts, which sum to the rows, and the forecast."""
    write_list(3, bad=2)
    found = cli("check", "contacts.csv", "--json", "--cps", "2", "--hours", "any").document
    assert ["rows", "outcomes", "reasons", "next_due", "forecast"] == list(found)
    assert (5, {"pending": 3, "rejected": 2}, None) == (
        found["rows"],
        found["outcomes"],
        found["next_due"],
    )
    assert [2] == list(found["reasons"].values())
    assert (3, None, "Z") == (
        found["forecast"]["calls"],
        found["forecast"]["cost_usd"],
        found["forecast"]["finish"][-1],
    )


@pytest.mark.no_cover
def test_check_after_a_run(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """Whoever was called is not called again; what calls have cost is what they will."""
    on(serve(), "--limit", "2")
    ran = cli("check", "contacts.csv")
    assert "1 pending" in ran.out
    assert "expected cost: 0." in ran.out
    assert cli("check", "contacts.csv", "--json").document["forecast"]["cost_usd"] >= 0


def test_check_at_any_pace(cli: Any, contacts: Path) -> None:
    """Without a pace the lines alone tell how long it takes."""
    ran = cli("check", "contacts.csv", "--cps", "any", "--hours", "any")
    first, finish = ran.out.splitlines()
    assert "contacts: 3 rows: 3 pending" == first
    assert finish.startswith("the run would be through about 20")


def test_check_shows_numbers(cli: Any, contacts: Path) -> None:
    """Sample rows have masked numbers, whole ones on request; redials make a range."""
    Path("dnc.txt").write_text("+14155550100\n", encoding="utf-8")
    given = ["check", "contacts.csv", "--suppress", "dnc.txt", "--hours", "any"]
    assert "    row 1: +1********00: suppressed: on the list dnc.txt" in cli(*given).out
    more = ["--full-numbers", "--attempts", "2", "--wait", "1h", "--cost-per-call", "0.5"]
    ran = cli(*given, *more)
    assert "    row 1: +14155550100: suppressed: on the list dnc.txt" in ran.out
    assert "expected calls: 2, with all redials 4" in ran.out
    assert "expected cost: 1.00 to 2.00 USD" in ran.out
    assert "" == cli(*given, "--expects", "name,balance", "-q").err
    assert "'balance'" in cli(*given, "--expects", "name,balance").err


def test_check_writes_rejects(cli: Any, write_list: Any) -> None:
    """Rejected rows go to a file where one is named; strict is 65 after that."""
    write_list(3, bad=2)
    ran = cli("check", "contacts.csv", "--rejects", "bad.csv")
    assert (0, ["campaign: rejected rows: bad.csv"]) == (ran.code, ran.said)
    assert Path("bad.csv").read_text().count("\n") == 3
    Path("bad.csv").unlink()
    ran = cli("check", "contacts.csv", "--rejects", "bad.csv", "--strict")
    assert (65, "", 3) == (ran.code, ran.out, Path("bad.csv").read_text().count("\n"))


def test_check_shows_the_most_frequent_reasons(
    cli: Any, write_list: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long list of reasons is cut short, and says so."""
    from campaign.cli import check

    monkeypatch.setattr(check, "MOST_REASONS", 0)
    write_list(1, bad=1)
    assert (
        "  and 1 more reasons (--rejects FILE has all)"
        in cli("check", "contacts.csv", "--hours", "any").out
    )


def test_status(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """Status shows each campaign by outcome."""
    on(serve(speed=1.0), "--no-follow", "--limit", "2")
    ran = cli("status")
    head, row = ran.out.splitlines()
    assert (0, ["campaign", "state", "rows", "called", "live"]) == (ran.code, head.split()[:5])
    assert ["contacts", "stopped:", "limit", "3", "2", "2", "0.00"] == row.split()[:7]
    assert row.endswith("1 pending, 2 placed")
    ran = cli("status", "contacts")
    assert (0, "contacts: stopped: limit") == (ran.code, ran.out.splitlines()[0])
    assert cli("status", "contacts", "--json").document == [
        {
            "campaign": "contacts",
            "rows": 3,
            "outcomes": {"pending": 1, "placed": 2},
            "live": 2,
            "next_due": None,
            "running": False,
        }
    ]
    ran = cli("status", "spring")
    assert (78, 1) == (ran.code, len(ran.said))


def test_status_of_nothing(cli: Any) -> None:
    """Without a ledger there are no campaigns, which is no error."""
    assert cli("status").out == "no campaigns in campaign.db\n"
    assert cli("status", "--json", "--sandbox").document == []


def test_results(cli: Any, on: Any, serve: Serve, contacts: Path) -> None:
    """Results are written again where the run wrote them, as it read its list."""
    contacts.write_text("tel,who\n4155550100,=a\n4155550101,b\n")
    on(
        serve(),
        *["--no-follow", "--phone-column", "tel", "--region", "US", "--excel-safe"],
        *["--out", "spring.csv"],
    )
    written = Path("spring.csv").read_text()
    Path("spring.csv").unlink()
    ran = cli("results", "contacts")
    assert (0, f"campaign: results: {Path('spring.csv').resolve()}") == (ran.code, ran.said[0])
    assert Path("spring.csv").read_text() == written
    ran = cli("results", "contacts", "--out", "other.parquet", "--attempts-out", "tries.csv")
    assert (0, True) == (ran.code, Path("other.parquet").exists())
    assert Path("tries.csv").read_text().count("\n") == 3
    assert cli("results", "spring").code == 78


@pytest.mark.no_cover
def test_results_of_standard_input(cli: Any, against: Any, serve: Serve, contacts: Path) -> None:
    """A list that was no file has to be named."""
    from campaign.contacts import read

    args = against(serve().url, "--no-follow", "-q")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "spooled_input", lambda _: contacts)
        args[1] = "-"
        assert cli(*args).code == 0
    ran = cli("results", "stdin")
    assert (65, True) == (ran.code, "name one: campaign results stdin CONTACTS" in ran.err)
    assert cli("results", "stdin", "contacts.csv", "--out", "x.csv").code == 0


def test_the_sandbox_is_served(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox tells its address and answers until it is stopped."""
    from campaign.cli import sandbox

    answers: list[int] = []

    def say(text: str) -> None:
        url = f"{text.rsplit(maxsplit=1)[-1]}/get-api-key-info"
        request = urllib.request.Request(url, headers={"authorization": "Bearer try"})

        def ask() -> None:
            with urllib.request.urlopen(request) as answer:
                answers.append(answer.status)
            os.kill(os.getpid(), signal.SIGTERM)

        threading.Thread(target=ask).start()

    monkeypatch.setattr(sandbox, "say", say)
    ran = cli("sandbox", "--port", "0")
    assert (0, [200]) == (ran.code, answers)


def test_the_module_is_the_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m campaign` is `campaign`."""
    monkeypatch.setattr(sys, "argv", ["campaign", "--version"])
    with pytest.raises(SystemExit):
        runpy.run_module("campaign", run_name="__main__")
    assert capsys.readouterr().out.startswith("campaign ")
    runpy.run_module("campaign.__main__", run_name="imported")


def test_an_interrupt_while_reading(cli: Any, contacts: Path, monkeypatch: Any) -> None:
    """Ctrl-C before anything is called is 130, without a traceback."""
    from campaign.cli import check

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "check_list", interrupted)
    ran = cli("check", "contacts.csv")
    assert (130, "") == (ran.code, ran.out)


@pytest.mark.parametrize(
    ("given", "kept"), [(None, FREED), (BY_ITSELF, FREED), ("narenas:1", "narenas:1")]
)
def test_memory_goes_back_to_the_system(
    monkeypatch: pytest.MonkeyPatch, *, given: str | None, kept: str
) -> None:
    """What polars has freed is not kept, unless somebody has said how that is to be."""
    monkeypatch.delenv(MEMORY, raising=False)
    if given is not None:
        monkeypatch.setenv(MEMORY, given)
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert os.environ[MEMORY] == kept
