"""What a health check hears of a run, and that the run does not mind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import campaign
from campaign import health
from campaign.api import execute
from campaign.cli import main
from campaign.ledger.lock import hold

Serve = Callable[..., Any]
Run = Callable[..., int]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a folder with a list of two, quick to give up on a service."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(health, "PAUSE_S", 0.0)
    (tmp_path / "contacts.csv").write_text("phone\n+14155550101\n+14155550102\n")
    return tmp_path


@pytest.fixture
def run() -> Run:
    """Return `campaign run` in the sandbox, which tells its exit code."""

    def run(url: str, *args: str, numbers: tuple[str, ...] = ("+14157774444",)) -> int:
        callers = [part for number in numbers for part in ("--from", number)]
        fixed = ["run", "contacts.csv", "--sandbox", "--hours", "any", "--cps", "any", *callers]
        with pytest.raises(SystemExit) as ended:
            main([*fixed, "--no-follow", "--ping", url, *args])
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return run


@pytest.mark.parametrize(
    ("args", "code", "heard"),
    [
        ((), 0, ["/start", ""]),
        (("--limit", "1"), 75, ["/start", ""]),
        (("--phone-column", "none"), 65, ["/start", "/fail"]),
        (("--out", "nowhere/x.csv"), 73, ["/start", "/fail"]),
        (("--drop-machine",), 2, ["/fail"]),
        (("--dry-run",), 0, []),
        (("--only", "+14155550101", "--to", "+14155550199"), 0, []),
    ],
)
def test_what_is_heard(
    args: tuple[str, ...], code: int, heard: list[str], run: Run, serve: Serve
) -> None:
    """A run is heard of from its lock on: well where it is done or to be run again later."""
    service = serve()
    assert code == run(service.url, *args)
    assert heard == service.signals


def test_another_run_is_under_way(run: Run, serve: Serve, folder: Path) -> None:
    """A second run of a campaign tells nothing: the first one does."""
    service = serve()
    with hold(folder / "campaign.sandbox.db", "contacts"):
        assert 75 == run(service.url)
    assert [] == service.heard


def test_a_bug(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is a failure, too."""

    async def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(execute, "execute", broken)
    service = serve()
    with pytest.raises(RuntimeError, match="a bug"):
        campaign.run("contacts.csv", from_number="+14157774444", sandbox=True, ping=service.url)
    assert ["/start", "/fail"] == service.signals


def test_a_notebook(serve: Serve) -> None:
    """A run from Python is heard of like any other."""
    service = serve()
    campaign.run(
        [{"phone": "+14155550101"}],
        from_number="+14157774444",
        hours="any",
        sandbox=True,
        follow=False,
        ping=service.url,
    )
    assert ["/start", ""] == service.signals


@pytest.mark.no_cover
@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("given", [{"silent": True}, {"status": 500}, {"status": 404}, None])
def test_a_service_that_fails(
    given: dict[str, Any] | None,
    run: Run,
    serve: Serve,
    secret: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The run goes on to its end and its code is its own; the address is nowhere, -q is silent."""
    url = f"http://127.0.0.1:1/{secret}" if given is None else serve(**given).url
    assert 0 == run(url, "--log-format", "json", "-v")
    shown = capsys.readouterr()
    assert 2 == shown.err.count('"action": "ping_failed"')
    assert secret not in shown.out + shown.err
    assert 0 == run(url, "-q")
    assert ("", "") == capsys.readouterr()


def test_an_address_that_cannot_be_one(run: Run, secret: str, capsys: Any) -> None:
    """What is no address is refused without being shown; a good one is shown without its path."""
    assert 2 == run(f"hc-ping.com/{secret}")
    assert "--ping: is no address; write it like https://" in capsys.readouterr().err
    assert 0 == run(f"https://hc-ping.com/{secret}", "--show-config")
    shown = capsys.readouterr().out
    assert 'ping = "https://hc-ping.com/..."' in shown
    assert secret not in shown
