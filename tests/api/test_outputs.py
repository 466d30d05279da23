"""The files a run leaves: in which formats, and what is found out before the first call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import campaign
from campaign.api import outputs
from campaign.contacts.read import read_source
from campaign.contacts.text import as_texts
from campaign.errors import ConfigError, UsageError
from campaign.outcomes import formats
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
Options = Callable[..., dict[str, Any]]

FORMATS = (".csv", ".parquet", ".ndjson", ".xlsx")


def texts(path: str) -> dict[str, list[str | None]]:
    """Return what a file says, read as a list is."""
    table = read_source(path)
    return as_texts(table.frame.collect()).to_dict(as_series=False)


@pytest.mark.no_cover
def test_each_format_says_the_same(
    frame: pl.DataFrame, serve: Serve, options: Options, tmp_path: Path
) -> None:
    """Results can be written again in every format: same rows, same order, same cells."""
    names = pl.Series("name", ["=a", "007", " b ", None])
    frame.with_columns(names).write_csv("list.csv")
    campaign.run("list.csv", **options(serve()))
    for suffix in FORMATS:
        campaign.results(
            "list", out=f"again{suffix}", rejects=f"bad{suffix}", attempts_out=f"tries{suffix}"
        )
    found = [texts(f"again{suffix}") for suffix in FORMATS]
    placed = found[0]["call_placed_at"]
    assert placed[0] is not None
    for other in found:
        if found.index(other) == 1:
            # Parquet has times as such.
            other = other | {"call_placed_at": placed}  # noqa: PLW2901
        assert found[0] == other
    assert found[0]["phone"] == frame["phone"].to_list()
    assert found[0]["name"] == names.to_list()
    assert [texts(f"bad{suffix}")["phone"] for suffix in FORMATS] == [["12"]] * 4
    tries = [texts(f"tries{suffix}")["contact_key"] for suffix in FORMATS]
    assert tries == [frame["phone"].to_list()[:3]] * 4


@pytest.mark.parametrize("given", [{"out": "x.xlsx"}, {"rejects": "x.xlsx"}])
def test_what_no_workbook_can_hold(
    given: dict[str, str],
    frame: pl.DataFrame,
    serve: Serve,
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Too many rows are found out before anybody is called, and when results are made again."""
    small = replace(formats.FORMATS[".xlsx"], most_rows=1)
    monkeypatch.setattr(formats, "FORMATS", {**formats.FORMATS, ".xlsx": small})
    server = serve()
    bad = pl.concat([frame, pl.DataFrame({"phone": ["13"], "name": ["e"]})])
    with pytest.raises(ConfigError, match=r"'x\.xlsx' cannot hold \d rows"):
        campaign.run(bad, **options(server, **given))
    assert [] == server.sandbox.log
    campaign.run(bad, **options(server))
    with pytest.raises(ConfigError, match=r"'x\.xlsx' cannot hold"):
        campaign.results("frame", bad, **given)


def test_an_unknown_format_when_written_again(
    frame: pl.DataFrame, serve: Serve, options: Options
) -> None:
    """The known ones are named, before the list is read."""
    frame.write_csv("list.csv")
    campaign.run("list.csv", **options(serve()))
    Path("list.csv").write_text("")
    with pytest.raises(UsageError, match=r"use one of \.csv, \.parquet, \.ndjson, \.xlsx"):
        campaign.results("list", out="again.json")


@pytest.mark.parametrize("suppress", ["dnc/*.txt", "dnc", "dnc/a.txt"])
def test_suppression_files_are_kept_by_their_patterns(
    suppress: str,
    frame: pl.DataFrame,
    serve: Serve,
    options: Options,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What results are written again from has the same people suppressed; what is gone is told."""
    Path("dnc").mkdir()
    Path("dnc/a.txt").write_text("+14155550101\n")
    frame.write_csv("list.csv")
    ran = campaign.run("list.csv", **options(serve(), suppress=suppress))
    assert 1 == ran.summary.outcomes["suppressed"]
    again = campaign.results("list")
    assert ran.frame["call_outcome"].to_list() == again["call_outcome"].to_list()
    assert "is gone" not in caplog.text
    Path("dnc/a.txt").rename("elsewhere.txt")
    if suppress == "dnc":
        Path("dnc").rmdir()
    assert "pending" == campaign.results("list")["call_outcome"][1]
    assert "is gone" in caplog.text


def test_a_folder_that_the_run_writes_into(
    frame: pl.DataFrame, serve: Serve, options: Options, caplog: pytest.LogCaptureFixture
) -> None:
    """The same folder again is the same list: its results and its ledger are left out and told."""
    frame.head(2).write_csv("a.csv")
    frame.tail(2).write_csv("b.csv")
    server = serve()
    files = {"out": "results.csv", "rejects": "bad.csv", "attempts_out": "tries.csv"}
    first = campaign.run(".", **options(server, name="spring", **files))
    assert "left out of the list '.', since runs write or keep them: 'campaign.db." in caplog.text
    caplog.clear()
    again = campaign.run(".", **options(server, name="spring", **files))
    assert (3, 0) == (first.summary.calls_created, again.summary.calls_created)
    assert ["placed", "placed", "placed", "rejected"] == again.frame["call_outcome"].to_list()
    assert "left out of the list '.', since runs write or keep them: 'bad.csv'" in caplog.text
    assert 4 == campaign.results("spring").height
    with pytest.raises(UsageError, match="is also an input"):
        campaign.run(".", **options(server, name="spring", out="a.csv"))


@pytest.mark.no_cover
@pytest.mark.parametrize("suffix", FORMATS)
def test_the_results_as_the_next_list(
    frame: pl.DataFrame, serve: Serve, options: Options, suffix: str
) -> None:
    """A results file given as the list is the same campaign, and is renewed where it is."""
    frame.write_csv("list.csv")
    server = serve()
    first = campaign.run("list.csv", **options(server, out=f"list.results{suffix}"))
    again = campaign.run(f"list.results{suffix}", **options(server))
    assert (3, 0) == (first.summary.calls_created, again.summary.calls_created)
    assert texts(f"list.results{suffix}")["call_id"] == first.frame["call_id"].to_list()
    new = campaign.run(f"list.results{suffix}", **options(serve(), name="new", ledger="new.db"))
    assert 3 == new.summary.calls_created
    written = campaign.results("new", f"list.results{suffix}", ledger="new.db")
    assert frame.columns == written.columns[: frame.width]
    assert written["call_id"].to_list() == new.frame["call_id"].to_list()
    assert written["call_id"].to_list() == texts(f"list.results{suffix}")["call_id"]


def test_a_list_that_only_looks_like_results(
    frame: pl.DataFrame, serve: Serve, options: Options
) -> None:
    """A list called `.results` by its owner is not replaced, and nobody is called."""
    frame.write_csv("list.results.csv")
    before = Path("list.results.csv").read_bytes()
    with pytest.raises(UsageError, match="no results of an earlier run"):
        campaign.run("list.results.csv", **options(serve()))
    assert before == Path("list.results.csv").read_bytes()


def test_forgotten_contacts_are_handed_on_by_the_keys_of_the_list() -> None:
    """Once more each, and only they: a batch without any is handed on as it is."""
    tries: list[list[list[Any]]] = [[["hash", "other"], [1, 2]], [["another"], [3]]]
    told = list(outputs._by_keys(tries, {"hash": "+14155550123"}))
    assert [tries[0], [["+14155550123"], [1]], tries[1]] == told
