"""`campaign.run` and its kin, as a notebook or a script uses them."""

from __future__ import annotations

import _thread
import asyncio
import json
import logging
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

import campaign
from campaign.api import notebook
from campaign.errors import (
    ConfigError,
    HaltError,
    KeyRefusedError,
    LedgerError,
    ListError,
    OutputError,
    UsageError,
)
from campaign.progress.notebook import JupyterBoard
from campaign.sandbox import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
Options = Callable[..., dict[str, Any]]
OUTCOMES = ["placed", "placed", "placed", "rejected"]


def files() -> list[str]:
    """Return the files that are here, the ledger's own left out."""
    return sorted(p.name for p in Path().iterdir() if not p.name.startswith("campaign.db"))


def test_a_frame(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """A frame goes in and comes out, with what happened; no file is written."""
    result = campaign.run(frame, **options(serve()))
    assert OUTCOMES == result.frame["call_outcome"].to_list()
    assert frame.columns == result.frame.columns[:2]
    assert (4, None, None, 3) == (
        result.summary.rows,
        result.summary.contacts,
        result.summary.out,
        result.summary.calls_created,
    )
    assert [] == files()
    assert "+1415555" not in repr(result)


def test_a_lazy_frame(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """A lazy frame is a frame."""
    assert campaign.run(frame.lazy(), **options(serve())).frame.height == 4


def test_a_file_for_a_frame(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """A frame's results are written where `out` says, which may be a path."""
    result = campaign.run(frame, **options(serve(), out=Path("x.parquet"), name="spring"))
    assert ("x.parquet", ["x.parquet"]) == (result.summary.out, files())
    assert OUTCOMES == pl.read_parquet("x.parquet")["call_outcome"].to_list()


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path(kind: type, frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """A path is read, and its results are written beside where we are."""
    frame.write_csv("list.csv")
    result = campaign.run(kind("list.csv"), **options(serve()))
    assert (4, ["list.csv", "list.results.csv"]) == (result.frame.height, files())
    assert "list" == result.summary.campaign


def test_a_configuration(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """A TOML file is read only where it is named; it may name the list."""
    frame.write_csv("list.csv")
    Path("campaign.toml").write_text('contacts = "list.csv"\nlimit = 1\n')
    server = serve()
    with pytest.raises(UsageError, match="there is no contact list"):
        campaign.run(**options(server))
    result = campaign.run(config=Path("campaign.toml"), **options(server))
    assert (1, "limit") == (result.summary.calls_created, result.summary.stopped_by)


def test_inside_a_running_loop(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """The synchronous functions also work where a loop is running, as in a notebook."""

    async def cell() -> tuple[int, int, int]:
        ran = campaign.run(frame, **options(serve()))
        checked = campaign.check(frame)
        again = campaign.results("frame", frame)
        return ran.frame.height, checked.summary.rows, again.height

    assert (4, 4, 4) == asyncio.run(cell())


def test_awaiting(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """`arun` is for those who have a loop and want to go on using it."""

    async def cell() -> campaign.Result:
        return await campaign.arun(frame, **options(serve()))

    assert OUTCOMES == asyncio.run(cell()).frame["call_outcome"].to_list()


def test_keywords(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """Keywords are the flags, with Python's own values; `None` is not given."""
    server = serve()
    more = {"var": {"n": 1}, "from_number": ["+14157774444"], "agent": None, "limit": 1}
    campaign.run(frame, **options(server, **more))
    (call,) = server.sandbox.calls.values()
    assert {"n": "1", "name": "a"} == call.request["retell_llm_dynamic_variables"]
    assert "override_agent_id" not in call.request


@pytest.mark.parametrize(
    ("contacts", "more", "error", "told"),
    [
        ({"phone": "1"}, {}, UsageError, "a list of contacts cannot be a 'dict'"),
        ("no.csv", {}, ListError, "there is no file 'no.csv'"),
        ("no.csv", {"max_lives": 3}, UsageError, "unknown setting 'max_lives'; did you mean"),
        ("no.csv", {"cps": -1}, UsageError, "cps: Input should be"),
        ("no.csv", {"hours": "9-17"}, UsageError, "hours: '9' is no time of day"),
        (
            "no.csv",
            {"hours": "09:00-20:00", "hours_rules": "no.csv"},
            ConfigError,
            "the calling hours in 'no.csv' cannot be read",
        ),
        ("no.csv", {"config": "no.toml"}, ConfigError, "'no.toml' cannot be read"),
        ("no.csv", {"show_config": True}, UsageError, "show_config is for the command line"),
    ],
)
def test_what_cannot_be_run(
    contacts: Any, more: dict[str, Any], error: type[Exception], told: str
) -> None:
    """What cannot work raises an error of the family, which says why."""
    fixed = {"from_number": "+14157774444", "hours": "any", "sandbox": True}
    with pytest.raises(error, match=told) as caught:
        campaign.run(contacts, **{**fixed, **more})
    assert isinstance(caught.value, campaign.CampaignError)


def test_a_halt_has_the_result_so_far(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """A run that was halted raises, and the error has what it came to."""
    with pytest.raises(HaltError) as caught:
        campaign.run(frame, **options(serve(paid=False)))
    assert {"pending": 3, "rejected": 1} == caught.value.result.summary.outcomes
    assert caught.value.result.frame.height == 4
    with pytest.raises(KeyRefusedError) as refused:
        campaign.run(frame, **options(serve(keys=frozenset()), ledger="other.db"))
    assert refused.value.result is None


def test_a_file_that_cannot_be_written(
    frame: pl.DataFrame, serve: Serve, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its files a run is an error, and nothing that happened is lost."""
    from campaign.api import outputs

    def fail(*_: object, **__: object) -> None:
        raise OutputError("no space")

    server = serve()
    monkeypatch.setattr(outputs, "write_frame", fail)
    with pytest.raises(OutputError) as caught:
        campaign.run(frame, **options(server, out="x.csv"))
    assert (None, 3) == (caught.value.result, len(server.sandbox.calls))
    assert OUTCOMES == campaign.results("frame", frame)["call_outcome"].to_list()


def test_notices(
    frame: pl.DataFrame, serve: Serve, options: Options, caplog: pytest.LogCaptureFixture
) -> None:
    """What a person should know is a warning of the log, unless they want quiet."""
    with caplog.at_level(logging.WARNING, "campaign"):
        campaign.run(frame, **options(serve()))
        campaign.run(frame, **options(serve(), ledger="quiet.db", quiet=True))
    (notice,) = caplog.records
    assert "a new ledger was made: campaign.db" in notice.getMessage()


def test_progress_for_programs(
    frame: pl.DataFrame, serve: Serve, options: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    """Progress is JSON on stderr where it is asked for."""
    campaign.run(frame, **options(serve(), progress="json"))
    first, *_, last = capsys.readouterr().err.splitlines()
    assert (0, 3) == (json.loads(first)["done"], json.loads(last)["done"])


@pytest.mark.parametrize(
    ("more", "drawn"),
    [({}, True), ({"progress": "bar", "quiet": True}, True), ({"quiet": True}, False)],
)
def test_progress_in_a_notebook(
    frame: pl.DataFrame,
    serve: Serve,
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
    more: dict[str, Any],
    *,
    drawn: bool,
) -> None:
    """Below a cell it is shown how far the run is, unless it is to be quiet."""
    shown: list[Any] = []

    def display(view: Any, **_: object) -> Any:
        shown.append(view)
        return SimpleNamespace(update=shown.append)

    monkeypatch.setattr(notebook, "board_here", lambda: JupyterBoard(display))
    campaign.run(frame, **options(serve(), **more))
    assert [3] * drawn == [view.done for view in shown[-1:]]


def test_nobody_to_tell(
    frame: pl.DataFrame, serve: Serve, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no stderr, nothing is told."""
    monkeypatch.setattr(sys, "stderr", None)
    assert 4 == campaign.run(frame, **options(serve(), progress="json")).frame.height


def test_a_bar(
    frame: pl.DataFrame, serve: Serve, options: Options, capsys: pytest.CaptureFixture[str]
) -> None:
    """Progress is shown where it is asked for; as lines, where nothing can be drawn."""
    campaign.run(frame, **options(serve(), progress="bar"))
    assert capsys.readouterr().err.startswith("campaign: 3 of 3 contacts dialled")


def test_check(frame: pl.DataFrame) -> None:
    """A check has the counts and the bad rows; nothing is left behind."""
    found = campaign.check(frame, region="US")
    assert ({"pending": 3, "rejected": 1}, 4) == (found.summary.outcomes, found.summary.rows)
    assert ["d"] == found.rejected["name"].to_list()
    assert [] == list(Path().iterdir())
    assert "<CheckResult of 'frame': 4 rows; 3 pending, 1 rejected>" == repr(found)
    with pytest.raises(ListError, match="1 rows cannot be called"):
        campaign.check(frame, strict=True)
    assert campaign.check(frame.head(3), strict=True).summary.rows == 3


def test_results(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """Results come from the list and the ledger; a file is written only with `out`."""
    frame.write_csv("list.csv")
    campaign.run("list.csv", **options(serve(), out="a.csv"))
    Path("a.csv").unlink()
    assert OUTCOMES == campaign.results("list", ledger="campaign.db")["call_outcome"].to_list()
    assert ["list.csv"] == files()
    campaign.results("list", out="b.csv", attempts_out="tries.parquet")
    assert ["b.csv", "list.csv", "tries.parquet"] == files()
    frame.head(2).write_csv("list.csv")
    with pytest.raises(ListError, match="has changed since"):
        campaign.results("list")
    assert campaign.results("list", Path("list.csv")).height == 2
    Path("list.csv").unlink()
    with pytest.raises(ListError, match="is gone; put it back, or name another of the same people"):
        campaign.results("list")
    assert OUTCOMES == campaign.results("list", Path("b.csv"))["call_outcome"].to_list()


def test_results_of_settings_that_were_given_otherwise(
    frame: pl.DataFrame, serve: Serve, options: Options
) -> None:
    """Results are made whatever else a configuration says."""
    frame.write_csv("list.csv")
    campaign.run("list.csv", **options(serve()))
    Path("c.toml").write_text('drain_for = "5s"\ncps = "any"\nstrict = true\nagent_version = 3\n')
    assert campaign.results("list", config="c.toml").height == 4


def written_over(frame: pl.DataFrame, path: Path) -> None:
    """Write other rows into the file itself."""
    frame.head(2).write_csv(path)


def replaced(frame: pl.DataFrame, path: Path) -> None:
    """Put another file in the place of the file."""
    frame.head(2).write_csv(path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def deleted(_: pl.DataFrame, path: Path) -> None:
    """Take the file away."""
    path.unlink()


@pytest.mark.parametrize("change", [written_over, replaced, deleted])
def test_a_list_that_changes_under_the_run(
    change: Callable[[pl.DataFrame, Path], None],
    *,
    frame: pl.DataFrame,
    serve: Serve,
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is done to a list, a run goes on with it as it was; the next one has it as it is."""
    from campaign.api import execute

    frame.write_csv("list.csv")
    dial, given = vars(execute)["dial"], options(serve())
    kept: list[Path] = []

    async def and_change(*args: Any, **more: Any) -> Any:
        change(frame, Path("list.csv"))
        kept.extend(Path.cwd().glob("campaign.db.*.list/*/list.csv"))
        return await dial(*args, **more)

    monkeypatch.setattr(execute, "dial", and_change)
    result = campaign.run("list.csv", out="out.csv", **given)
    assert frame.equals(result.frame.select(frame.columns))
    assert frame.equals(pl.read_csv("out.csv", infer_schema=False).select(frame.columns))
    assert (3, 1) == (result.frame["call_attempts"].sum(), len(kept))
    assert [] == list(Path.cwd().glob("*.list"))
    with pytest.raises(ListError):
        campaign.results("list")
    assert 3 == campaign.results("list", frame)["call_attempts"].sum()


def test_what_a_killed_run_leaves(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """A copy of the list that a run could not take away goes when the campaign runs again."""
    frame.write_csv("list.csv")
    given = options(serve())
    campaign.run("list.csv", **given)
    (lock,) = Path.cwd().glob("*.lock")
    left = lock.with_suffix(".list") / "campaign-x"
    left.mkdir(parents=True)
    (left / "list.csv").write_text("phone\n", encoding="utf-8")
    campaign.run("list.csv", **given)
    assert not left.parent.exists()


def test_no_room_for_a_copy(
    frame: pl.DataFrame, serve: Serve, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk is full nobody is called, and nothing of the list stays behind."""
    frame.write_csv("list.csv")
    given = options(serve())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(LedgerError, match="no room for a copy of the list"):
        campaign.run("list.csv", **given)
    assert [] == list(Path.cwd().glob("*.list"))
    assert not Path("campaign.db").exists()


def test_no_folder_for_a_copy(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """What is in the way of the copy is named, before anybody is called."""
    frame.write_csv("list.csv")
    given = options(serve())
    campaign.run("list.csv", **given)
    (lock,) = Path.cwd().glob("*.lock")
    lock.with_suffix(".list").write_text("", encoding="utf-8")
    with pytest.raises(LedgerError, match="list' cannot be made"):
        campaign.run("list.csv", **given)


def lasting(talk_s: float) -> dict[str, Any]:
    """Return a plan whose calls are answered and last so long."""
    script = CallScript(
        status="ended",
        disconnection_reason="user_hangup",
        ring_s=0.0,
        talk_s=talk_s,
        analysis_delay_s=0.0,
    )
    return {"speed": 1.0, "scripts": {f"+1415555010{i}": [script] for i in range(3)}}


def interrupting(server: Served, heard: Callable[[], bool] | None = None) -> threading.Thread:
    """Press Ctrl-C once everybody is on the line, and again once the first one was `heard`."""

    def press() -> None:
        while len(server.sandbox.calls) < 3:
            time.sleep(0.01)
        time.sleep(0.1)
        _thread.interrupt_main()
        if heard is not None:
            # Two that come before either is heard are one.
            while not heard():
                time.sleep(0.01)
            _thread.interrupt_main()

    thread = threading.Thread(target=press)
    thread.start()
    return thread


def test_an_interrupt_drains(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """The first Ctrl-C follows the live calls to their end and returns the result."""
    server = serve(**lasting(0.5))
    thread = interrupting(server)
    result = campaign.run(frame, **options(server, follow=True))
    thread.join()
    assert ("signal", {"answered": 3, "rejected": 1}) == (
        result.summary.stopped_by,
        result.summary.outcomes,
    )
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_leaves(
    frame: pl.DataFrame, serve: Serve, options: Options, caplog: pytest.LogCaptureFixture
) -> None:
    """The second Ctrl-C leaves at once; what is known is in the ledger."""
    caplog.set_level("INFO", "campaign.dialer.stop")
    server = serve(**lasting(600.0))
    thread = interrupting(server, lambda: "no new call is placed: signal" in caplog.text)
    with pytest.raises(KeyboardInterrupt):
        campaign.run(frame, **options(server, follow=True))
    thread.join()
    assert OUTCOMES == campaign.results("frame", frame)["call_outcome"].to_list()
