"""What goes wrong before the first call: one line, the right code, nobody called, nothing lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from campaign.api import asking
from campaign.ledger.lock import hold
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
RULES = "hours_rules = 'no.csv'"
RUN = ["run", "contacts.csv", "--from", "+14157774444", "--hours", "any"]
SUPPRESS = ["suppress", "add", "+14155550100"]
DEAF = [*RUN, "--webhook-port", "0"]
HOOK = "https://calls.example/hook"


def write(name: str, text: str) -> Callable[[], object]:
    """Return what writes a file."""
    return lambda: Path(name).write_text(text)


def unset(name: str) -> Callable[[], object]:
    """Return what takes a variable away."""
    return lambda: os.environ.pop(name, None)


def nothing() -> None:
    """Prepare nothing."""


CASES: list[tuple[str, Callable[[], object], list[str], int, str]] = [
    ("missing list", lambda: Path("contacts.csv").unlink(), RUN, 65, "there is no file"),
    ("empty list", write("contacts.csv", ""), RUN, 65, "contacts.csv"),
    ("header only", write("contacts.csv", "phone,name\n"), RUN, 65, "has a header and no rows"),
    ("no phone column", write("contacts.csv", "a,b\n1,2\n"), RUN, 65, "no phone column"),
    ("two phone columns", write("contacts.csv", "phone,mobile\n1,2\n"), RUN, 65, "more than one"),
    ("strict", write("contacts.csv", "phone\n1\n"), [*RUN, "--strict"], 65, "row 1"),
    ("a list of no kind", write("c.doc", ""), ["run", "c.doc", *RUN[2:]], 65, "'.doc'"),
    ("no list", nothing, ["run", *RUN[2:]], 2, "there is no contact list"),
    ("unknown flag", nothing, [*RUN, "--max-lives", "3"], 2, "No such option: --max-lives"),
    ("flag without value", nothing, [*RUN, "--out"], 2, "'--out' requires an argument"),
    ("bad budget", nothing, [*RUN, "--budget", "0"], 2, "--budget: Input should be greater"),
    ("bad attempts", nothing, [*RUN, "--attempts", "0"], 2, "--attempts: Input should be"),
    ("bad redials", nothing, [*RUN, "--redial-after", ","], 2, "--redial-after: Tuple should"),
    ("bad outcome", nothing, [*RUN, "--redial-on", "bussy"], 2, "'bussy' is no outcome; the words"),
    ("bad port", nothing, [*RUN, "--webhook-port", "70000"], 2, "--webhook-port: Input should"),
    ("two lists", nothing, [*RUN, "x.csv"], 2, "unexpected extra argument"),
    ("bad from", nothing, [*RUN, "--from", "415"], 2, "--from: '415' is not E.164"),
    ("bad number", nothing, [*RUN, "--max-live", "many"], 2, "--max-live: Input should be"),
    ("bad pace", nothing, [*RUN, "--cps", "0"], 2, "--cps: Input should be"),
    ("bad api", nothing, [*RUN, "--api", "v3"], 2, "--api: Input should be"),
    ("bad duration", nothing, [*RUN, "--drain-for", "20"], 2, "--drain-for: '20' is no duration"),
    ("bad refresh", nothing, [*RUN, "--refresh", "often"], 2, "--refresh: 'often' is no duration"),
    ("bad entry", nothing, [*RUN, "--var", "x"], 2, "--var: 'x' is no K=V entry"),
    ("our metadata", nothing, [*RUN, "--meta", "attempt=1"], 2, "--meta: the entry 'attempt'"),
    ("bad until", nothing, [*RUN, "--until", "25:00"], 2, "--until: '25:00' is neither"),
    ("bad region", nothing, [*RUN, "--region", "usa"], 2, "--region: 'usa' is no region"),
    ("unknown region", nothing, [*RUN, "--region", "XX"], 2, "'XX'"),
    ("no from", nothing, ["run", "contacts.csv", "--hours", "any"], 2, "no caller number"),
    ("machines with v2", nothing, [*RUN, "--drop-machine"], 2, "--drop-machine"),
    ("any pace for real", nothing, [*RUN, "--cps", "any"], 2, "--cps any is for the sandbox"),
    ("no such host", nothing, [*RUN, "--cps", "any", "--base-url", "http://["], 2, "--cps any"),
    ("out is the list", nothing, [*RUN, "--out", "contacts.csv"], 2, "is also an input"),
    ("out twice", nothing, [*RUN, "--out", "x.csv", "--rejects", "x.csv"], 2, "also an input"),
    ("out is the ledger", nothing, [*RUN, "--out", "c.csv", "--ledger", "c.csv"], 2, "an input"),
    ("out of no kind", nothing, [*RUN, "--out", "x.doc"], 2, ".parquet, .ndjson, .xlsx"),
    ("no folder for out", nothing, [*RUN, "--out", "no/x.csv"], 73, "there is no folder"),
    ("out is a folder", lambda: Path("x.csv").mkdir(), [*RUN, "-o", "x.csv"], 73, "is no file"),
    ("no key", unset("RETELL_API_KEY"), RUN, 78, "there is no API key"),
    ("bad hours", nothing, [*RUN, "--hours", "9-17"], 2, "--hours: '9' is no time of day"),
    ("bad days", nothing, [*RUN, "--days", "weekdays"], 2, "--days: 'weekdays' are no days"),
    ("bad cap", nothing, [*RUN, "--max-per-number", "3"], 2, "--max-per-number: '3' is no cap"),
    ("only", nothing, [*RUN, "--only", "+14155550100"], 2, "needs both --only and --to"),
    ("no rules", write("campaign.toml", RULES), RUN[:-2], 78, "calling hours in"),
    ("no holidays", write("campaign.toml", "skip_holidays = ['XX']"), RUN[:-2], 78, "'XX'"),
    ("no such file", nothing, [*RUN, "--suppress", "no.csv"], 78, "no.csv"),
    ("ageless", write("campaign.toml", "consent_max_age = '1d'"), RUN, 78, "consent_date_column"),
    ("no config", nothing, [*RUN, "--config", "no.toml"], 78, "cannot be read"),
    ("broken config", write("campaign.toml", "= 1"), RUN, 78, "is no TOML"),
    ("unknown key", write("campaign.toml", "budjet = 1"), RUN, 78, "unknown setting 'budjet'"),
    ("deaf", write("campaign.toml", f"webhook_url = '{HOOK}'"), RUN, 78, "nobody listens"),
    ("no such variable", write("campaign.toml", "webhook_key_env = 'X'"), DEAF, 78, "is not set"),
    ("transcripts in a file", write("x", ""), [*RUN, "--transcripts", "x"], 73, "transcripts to"),
    ("overridden", write("campaign.toml", "api = 3"), [*RUN, "--api", "v2"], 78, "api in "),
    ("wrong scheme", nothing, [*RUN, "--base-url", "ftp://x.example"], 78, "https://"),
    ("no scheme", nothing, [*RUN, "--base-url", "api.retellai.com"], 78, "https://"),
    ("plain http", nothing, [*RUN, "--base-url", "http://x.example"], 78, "loopback only"),
    ("a key inside", nothing, [*RUN, "--base-url", "https://u:p@x.example"], 78, "a user name"),
    ("unknown campaign", nothing, ["status", "spring"], 78, "no campaign 'spring'"),
    ("no ledger", nothing, ["results", "spring"], 78, "there is no ledger 'campaign.db'"),
    ("the ledger is a folder", nothing, [*RUN, "--ledger", "."], 74, "'.' is a folder"),
    ("status: a folder", nothing, ["status", "--ledger", "."], 74, "'.' is a folder"),
    ("suppress: a folder", nothing, [*SUPPRESS, "--ledger", "/"], 74, "'/' is a folder"),
    ("unknown command", nothing, ["dial"], 2, "No such command 'dial'"),
    ("check: no list", nothing, ["check"], 2, "there is no contact list"),
    ("check: no file", nothing, ["check", "x.csv"], 65, "there is no file"),
    ("check: rejects", nothing, ["check", "contacts.csv", "--rejects", "no/x.csv"], 73, "folder"),
    ("sandbox: speed", nothing, ["sandbox", "--speed", "0"], 2, "--speed"),
    ("sandbox: lines", nothing, ["sandbox", "--lines", "0"], 2, "--lines"),
    ("sandbox: port", nothing, ["sandbox", "--port", "70000"], 2, "--port"),
    ("sandbox: host", nothing, ["sandbox", "--host", "0.0.0.0"], 78, "cannot be served"),
]


@pytest.mark.parametrize(
    ("prepare", "args", "code", "told"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
@pytest.mark.usefixtures("contacts")
def test_what_goes_wrong_at_once(
    cli: Any, prepare: Callable[[], object], args: list[str], code: int, told: str
) -> None:
    """What cannot work ends with its code and one line that says why; no ledger is made."""
    prepare()
    ran = cli(*args)
    assert (code, "", 1) == (ran.code, ran.out, len(ran.said))
    assert told in ran.err
    assert ran.err.startswith("campaign: ")
    assert not Path("campaign.db").exists()


def test_a_wrong_key(on: Any, serve: Serve, contacts: Path, api_key: str) -> None:
    """A key that the provider refuses is 77, and is not shown."""
    server = serve(keys=frozenset({"another"}))
    ran = on(server)
    assert (77, 1, {}) == (ran.code, len(ran.said), dict(server.sandbox.calls))
    assert 1 == ran.err.count("check RETELL_API_KEY")
    assert api_key not in ran.err


def test_no_server(cli: Any, against: Any, contacts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that cannot be reached is 69."""
    monkeypatch.setattr(asking, "BACKOFF_S", 0.001)
    ran = cli(*against("http://127.0.0.1:9"))
    assert (69, 1) == (ran.code, len(ran.said))
    assert "cannot be asked whose key this is" in ran.err


def test_a_ledger_that_is_none(on: Any, serve: Serve, contacts: Path) -> None:
    """A file that is no ledger is left alone: 74."""
    server = serve()
    Path("campaign.db").write_text("this is a letter to my aunt, not a ledger\n" * 50)
    before = Path("campaign.db").read_bytes()
    ran = on(server)
    assert (74, 1, 0) == (ran.code, len(ran.said), len(server.sandbox.calls))
    assert Path("campaign.db").read_bytes() == before


def test_a_ledger_of_another_server(on: Any, serve: Serve, contacts: Path) -> None:
    """A ledger belongs to one base URL and account: 78."""
    on(serve(), "--no-follow")
    ran = on(serve())
    assert (78, 1) == (ran.code, len(ran.said))
    assert "belongs to the base URL" in ran.err


def test_another_key_column(on: Any, serve: Serve, contacts: Path) -> None:
    """A campaign keeps the key by which it knows its contacts: 78."""
    server = serve()
    on(server, "--no-follow")
    ran = on(server, "--key", "name")
    assert (78, 3) == (ran.code, len(server.sandbox.calls))
    assert "knows its contacts by the phone number" in ran.err


@pytest.mark.no_cover
def test_a_list_that_has_changed(on: Any, serve: Serve, cli: Any, write_list: Any) -> None:
    """`results` of a list that has changed is 65, unless the list is named."""
    write_list(3)
    on(serve(), "--no-follow")
    write_list(4)
    ran = cli("results", "contacts")
    assert (65, 1) == (ran.code, len(ran.said))
    assert "contacts.csv' has changed" in ran.err
    ran = cli("results", "contacts", "contacts.csv")
    assert (0, ["campaign: results: contacts.results.csv"]) == (ran.code, ran.said)
    assert Path("contacts.results.csv").read_text().count("\n") == 5


def test_a_lock_that_is_held(on: Any, serve: Serve, contacts: Path) -> None:
    """Another run of the same campaign is 75."""
    server = serve()
    on(server, "--no-follow")
    with hold(Path("campaign.db"), "contacts"):
        ran = on(server, "--name", "contacts")
    assert (75, 1) == (ran.code, len(ran.said))
    assert "another run of campaign 'contacts' is under way" in ran.err


def test_help_is_at_every_level(cli: Any) -> None:
    """Help is there, and is no error."""
    for args in ([], ["run"], ["check"], ["status"], ["results"], ["sandbox"]):
        ran = cli(*args, "--help")
        assert (0, "") == (ran.code, ran.err)
        assert "Usage: campaign" in ran.out


def test_no_command(cli: Any) -> None:
    """Without a command the help is shown, as an error."""
    ran = cli()
    assert (2, "") == (ran.code, ran.out)
    assert "Usage: campaign [OPTIONS] COMMAND" in ran.err


def test_the_version(cli: Any) -> None:
    """The version is data."""
    ran = cli("--version")
    assert (0, "campaign 0.1.0\n", "") == (ran.code, ran.out, ran.err)
