"""Frames to files: whole or not at all, and every cell as it was."""

from __future__ import annotations

import csv
import json
import os
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import polars.testing
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.contacts.read import read_source
from campaign.errors import ConfigError, OutputError, UsageError
from campaign.model import Attempt
from campaign.outcomes.build import compose, join
from campaign.outcomes.columns import RESULT_COLUMNS
from campaign.outcomes.replace import Permit, WithdrawnError, replaced
from campaign.outcomes.write import check_size, check_target, write_attempts, write_frame

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(
    [
        '"',
        ",",
        "\n",
        "\r\n",
        "\r",
        "=1+1",
        "+1",
        "007",
        "null",
        "'",
        " x ",
        "#",
        "\ufeff",
        "\0",
        "*",
        "^.*$",
    ]
)
NAMES = st.lists(TEXT, min_size=2, max_size=4, unique=True)


@st.composite
def text_frames(draw: st.DrawFn) -> pl.DataFrame:
    """Draw a list of text, as it is read from a CSV file."""
    names = draw(NAMES)
    height = draw(st.integers(0, 10))
    column = st.lists(st.none() | TEXT, min_size=height, max_size=height)
    return pl.DataFrame({n: pl.Series(draw(column), dtype=pl.String) for n in names})


@settings(max_examples=60)
@given(frame=text_frames())
def test_csv_keeps_every_cell_of_the_list(
    frame: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Another reader finds the same header and cells, whatever is in them."""
    path = tmp_path_factory.mktemp("csv") / "r.csv"
    write_frame(frame, path)
    with path.open(newline="", encoding="utf-8") as file:
        found = list(csv.reader(file))
    cells = [["" if cell is None else cell for cell in row] for row in frame.rows()]
    assert found == [frame.columns, *cells]


@settings(max_examples=25)
@given(frame=text_frames())
def test_parquet_keeps_every_cell_of_the_list(
    frame: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Parquet is never altered, `excel_safe` or not."""
    path = tmp_path_factory.mktemp("parquet") / "r.parquet"
    write_frame(frame, path, filled=frame.columns, excel_safe=True)
    pl.testing.assert_frame_equal(pl.read_parquet(path), frame)


def test_csv_shows_the_runners_text_neutralised(tmp_path: Path) -> None:
    """By default the runner's columns are the `call_…` ones."""
    frame = pl.DataFrame(
        {"name": ["=1"], "call_summary": ["=1"], "call_to_number": ["+14155550100"]}
    )
    write_frame(frame, tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_text() == (
        "name,call_summary,call_to_number\n=1,'=1,+14155550100\n"
    )
    write_frame(frame, tmp_path / "r.CSV", excel_safe=True)
    assert (tmp_path / "r.CSV").read_text().splitlines()[1] == "'=1,'=1,+14155550100"


def test_empty_cells_and_empty_text_differ(tmp_path: Path) -> None:
    """A missing cell is written as nothing, an empty text as two quotes."""
    write_frame(pl.DataFrame({"a": [None, ""], "b": ["1", "2"]}), tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_bytes() == b'a,b\n,1\n"",2\n'


def test_every_type_of_a_list_can_be_written(tmp_path: Path) -> None:
    """A list that came with types has a CSV line, and keeps its types in Parquet."""
    frame = pl.DataFrame(
        {
            "n": pl.Series([None], dtype=pl.Null),
            "u": pl.Series([255], dtype=pl.UInt8),
            "i": pl.Series([2**70], dtype=pl.Int128),
            "f": pl.Series([0.5], dtype=pl.Float32),
            "d": pl.Series([Decimal("1.50")], dtype=pl.Decimal(10, 2)),
            "b": [True],
            "day": [date(2026, 1, 2)],
            "t": pl.Series([datetime(2026, 1, 2, tzinfo=UTC)], dtype=pl.Datetime("ns", "UTC")),
            "e": pl.Series(["x"], dtype=pl.Enum(["x"])),
            "c": pl.Series(["y"], dtype=pl.Categorical),
            "l": [[{"k": "v,w"}]],
        }
    )
    write_frame(frame, tmp_path / "r.csv")
    assert (tmp_path / "r.csv").read_text().splitlines()[1] == (
        ",255,1180591620717411303424,0.5,1.50,true,2026-01-02,2026-01-02T00:00:00+00:00,x,y,"
        '"[{""k"": ""v,w""}]"'
    )
    write_frame(frame, tmp_path / "r.parquet")
    pl.testing.assert_frame_equal(pl.read_parquet(tmp_path / "r.parquet"), frame)


def test_every_type_of_a_list_in_ndjson(tmp_path: Path) -> None:
    """Numbers and what is nested stay so, times are ISO text, and no formula is altered."""
    frame = pl.DataFrame(
        {
            "n": pl.Series([None], dtype=pl.Null),
            "i": pl.Series([2**70], dtype=pl.Int128),
            "f": pl.Series([0.1], dtype=pl.Float32),
            "d": pl.Series([Decimal("1.50")], dtype=pl.Decimal(10, 2)),
            "b": [True],
            "day": [date(2026, 1, 2)],
            "at": pl.Series(["2026-01-02T03:00"]).str.to_datetime("%Y-%m-%dT%H:%M"),
            "bytes": [b"\x01"],
            "e": pl.Series(["=1"], dtype=pl.Enum(["=1"])),
            "l": [[{"k": [1, None]}]],
            "call_summary": ["=1"],
            "call_ended_at": pl.Series([datetime(2026, 1, 2, tzinfo=UTC)]),
        }
    )
    write_frame(frame, tmp_path / "r.ndjson", excel_safe=True)
    (line,) = (tmp_path / "r.ndjson").read_text().splitlines()
    assert line == (
        '{"n":null,"i":1180591620717411303424,"f":0.1,"d":"1.50","b":true,"day":"2026-01-02",'
        '"at":"2026-01-02T03:00:00","bytes":"01","e":"=1","l":[{"k":[1,null]}],'
        '"call_summary":"=1","call_ended_at":"2026-01-02T00:00:00.000Z"}'
    )


def test_times_inside_what_is_nested_are_iso_text(tmp_path: Path) -> None:
    """However deep they lie and whatever the entries are called; what is empty stays empty."""
    at = pl.Series(["2026-01-02T03:00"]).str.to_datetime("%Y-%m-%dT%H:%M").item()
    frame = pl.DataFrame(
        {
            "s": [{"^t$": at, "*": 1}, None, {"^t$": None, "*": None}],
            "l": [[{"t": at}, None], None, []],
            "ll": [[[at], None], [], None],
            "a": pl.Series(
                [[at, None], None, [at, at]], dtype=pl.Array(pl.Datetime("us", "UTC"), 2)
            ),
        }
    )
    write_frame(frame, tmp_path / "r.ndjson")
    text, utc = "2026-01-02T03:00:00", "2026-01-02T03:00:00+00:00"
    assert [json.loads(line) for line in (tmp_path / "r.ndjson").read_text().splitlines()] == [
        {
            "s": {"^t$": text, "*": 1},
            "l": [{"t": text}, None],
            "ll": [[text], None],
            "a": [utc, None],
        },
        {"s": None, "l": None, "ll": [], "a": None},
        {"s": {"^t$": None, "*": None}, "l": [], "ll": None, "a": [utc, utc]},
    ]


def test_results_in_parquet_have_the_tables_types(tmp_path: Path) -> None:
    """UTC times, flags and numbers are not text there."""
    screened = pl.DataFrame(
        {"key": ["+14155550100"], "outcome": [None], "reason": [None]},
        schema_overrides={"outcome": pl.String, "reason": pl.String},
    )
    calls = compose(screened, [], pending="limit", holds={})
    write_frame(join(pl.LazyFrame({"phone": ["x"]}), calls), tmp_path / "r.parquet")
    schema = pl.read_parquet_schema(tmp_path / "r.parquet")
    assert dict(schema) == {"phone": pl.String()} | dict(RESULT_COLUMNS)


def test_the_file_is_durable_before_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the new file is synced while the old one is in place, then the folder."""
    path = tmp_path / "r.csv"
    path.write_text("old")
    seen = []
    sync = os.fsync

    def spy(handle: int) -> None:
        kind = "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"
        seen.append((kind, os.fstat(handle).st_size if kind == "file" else 0, path.read_text()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", spy)
    write_frame(pl.DataFrame({"a": [1]}), path)
    assert seen == [("file", 4, "old"), ("folder", 0, "a\n1\n")]


def test_attempts_are_the_runners_own_cells(
    tmp_path: Path, attempt: Callable[..., Attempt]
) -> None:
    """A key that came from the list is text in the attempts file."""
    write_attempts([attempt(contact_key="=1+1")], tmp_path / "a.csv")
    row = next(csv.DictReader((tmp_path / "a.csv").read_text().splitlines()))
    assert (row["contact_key"], row["intent_at"]) == ("'=1+1", "2026-11-23T14:00:00.123Z")


@pytest.mark.parametrize("name", ["r.txt", "r", "r.csv.gz", ".csv"])
def test_other_extensions_are_wrong_usage(name: str, tmp_path: Path) -> None:
    """The error lists what is supported; nothing is written."""
    with pytest.raises(UsageError, match=r"use one of \.csv, \.parquet, \.ndjson, \.xlsx$"):
        write_frame(pl.DataFrame({"a": [1]}), tmp_path / name)
    with pytest.raises(UsageError, match=r"use one of \.csv, \.parquet, \.ndjson, \.xlsx$"):
        check_target(tmp_path / name, inputs=[])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["r.csv", "r.parquet", "r.ndjson", "r.xlsx"])
def test_a_failure_in_the_middle_leaves_the_old_file(name: str, tmp_path: Path) -> None:
    """A reader still finds the old results, and nothing lies beside them."""
    path = tmp_path / name
    path.write_text("old")
    seen = 0

    def breaks(cells: pl.Series) -> pl.Series:
        nonlocal seen
        seen += len(cells)
        raise OSError(5, "the list went away")

    frame = pl.LazyFrame({"a": ["x"] * 10}).with_columns(
        pl.col("a").map_batches(breaks, return_dtype=pl.String)
    )
    with pytest.raises(OutputError, match=r"the list went away.*campaign results NAME"):
        write_frame(frame, path)
    assert seen > 0
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@contextmanager
def full_disk(free_bytes: int) -> Iterator[None]:
    """Let no file grow beyond `free_bytes`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["r.csv", "r.parquet", "r.ndjson", "r.xlsx"])
def test_a_full_disk_leaves_the_old_file(name: str, tmp_path: Path) -> None:
    """What the system refuses while writing is exit 73, and the half-written file is gone."""
    path = tmp_path / name
    path.write_text("old")
    frame = pl.select(pl.int_range(200_000).alias("n")).with_columns(pl.col("n").hash(7))
    with full_disk(100_000), pytest.raises(OutputError, match="File too large") as caught:
        write_frame(frame, path)
    assert caught.value.exit_code == 73
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_leaves_no_temporary_file(tmp_path: Path) -> None:
    """A person who loses patience finds the folder clean."""

    def interrupted(cells: pl.Series) -> pl.Series:
        raise KeyboardInterrupt

    frame = pl.LazyFrame({"a": ["x"]}).with_columns(
        pl.col("a").map_batches(interrupted, return_dtype=pl.String)
    )
    with pytest.raises(KeyboardInterrupt):
        write_frame(frame, tmp_path / "r.csv")
    assert list(tmp_path.iterdir()) == []


def test_what_polars_cannot_write_is_one_line(tmp_path: Path) -> None:
    """Lists that are too short for their calls are an output error, without a query plan."""
    frame = pl.concat([pl.LazyFrame({"a": [1]}), pl.LazyFrame({"b": [1, 2]})], how="horizontal")
    with pytest.raises(OutputError) as caught:
        write_frame(frame, tmp_path / "r.csv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["r.csv", "r.parquet", "r.ndjson", "r.xlsx"])
@pytest.mark.parametrize("already", [True, False])
def test_a_file_that_is_not_wanted_any_more(name: str, tmp_path: Path, *, already: bool) -> None:
    """Leave that is withdrawn while the file is written leaves the old one, and nothing beside."""
    path = tmp_path / name
    path.write_text("old")
    permit = Permit()

    def withdrawn(cells: pl.Series) -> pl.Series:
        permit.withdraw()
        return cells

    frame = pl.LazyFrame({"a": ["x"] * 10})
    if already:
        permit.withdraw()
    else:
        frame = frame.with_columns(pl.col("a").map_batches(withdrawn, return_dtype=pl.String))
    with pytest.raises(OutputError, match="not wanted any more"):
        write_frame(frame, path, permit=permit)
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


@pytest.mark.parametrize("name", ["r.csv", "r.parquet", "r.ndjson", "r.xlsx"])
def test_leave_that_stays_writes_the_same_file(name: str, tmp_path: Path) -> None:
    """A file that somebody could have given up is the file it would have been."""
    frame = pl.DataFrame({"a": ["x", "y"], "n": [1, 2]})
    permit = Permit()
    write_frame(frame, tmp_path / name, permit=permit)
    permit.withdraw()
    table = read_source(tmp_path / name)
    assert table.frame.cast(pl.String).collect().rows() == [("x", "1"), ("y", "2")]


def test_leave_is_gone_between_the_writing_and_the_replacing(tmp_path: Path) -> None:
    """A file that is whole does not take the place of the old one either."""
    permit = Permit()

    def write() -> None:
        with replaced(tmp_path / "r.csv", permit=permit) as file:
            file.write(b"new")
            permit.withdraw()

    with pytest.raises(WithdrawnError):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "rows", "columns", "expected"),
    [
        ("r.xlsx", 1_048_575, 16_384, None),
        ("r.XLSX", 1_048_576, 1, "cannot hold 1,048,576 rows: a .xlsx file has at most 1,048,575"),
        ("r.xlsx", 1, 16_385, "cannot hold 16,385 columns: a .xlsx file has at most 16,384"),
        ("r.csv", 10**9, 10**5, None),
        ("r.parquet", 10**9, 10**5, None),
        ("r.ndjson", 10**9, 10**5, None),
    ],
)
def test_what_fits(name: str, rows: int, columns: int, expected: str | None) -> None:
    """Only a workbook has an end; what does not fit is exit 78 and names what would."""
    if expected is None:
        check_size(Path(name), rows=rows, columns=columns)
        return
    with pytest.raises(ConfigError, match=expected) as caught:
        check_size(Path(name), rows=rows, columns=columns)
    assert (caught.value.exit_code, caught.value.hint) == (
        78,
        "name a .csv, .parquet or .ndjson file",
    )


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    """The folder may have gone since it was checked."""
    with pytest.raises(OutputError, match="No such file or directory"):
        write_frame(pl.DataFrame({"a": [1]}), tmp_path / "gone" / "r.csv")


def test_what_was_left_half_written_goes(tmp_path: Path) -> None:
    """A killed process leaves a hidden file; it goes after a day, and nothing else does."""
    names = [".campaign-0123456789abcdef.tmp", ".campaign-fedcba9876543210.tmp", ".campaign-x.tmp"]
    for name in names:
        (tmp_path / name).write_text("half")
    for name in (names[0], names[2]):
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / ".campaign-00000000000000ff.tmp").mkdir()
    os.utime(tmp_path / ".campaign-00000000000000ff.tmp", (0, 0))
    write_frame(pl.DataFrame({"a": [1]}), tmp_path / "r.csv")
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".campaign-00000000000000ff.tmp", *names[1:], "r.csv"]


@pytest.mark.parametrize(("mask", "expected"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_new_file_has_the_usual_permissions(mask: int, expected: int, tmp_path: Path) -> None:
    """The umask decides, as for any other file."""
    before = os.umask(mask)
    try:
        write_frame(pl.DataFrame({"a": [1]}), tmp_path / "r.csv")
    finally:
        os.umask(before)
    assert (tmp_path / "r.csv").stat().st_mode & 0o777 == expected


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    """Who could read the old results can read the new ones, and nobody else."""
    path = tmp_path / "r.csv"
    path.write_text("old")
    path.chmod(0o640)
    write_frame(pl.DataFrame({"a": [1]}), path)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("a\n1\n", 0o640)


def test_a_reader_of_the_old_file_keeps_it(tmp_path: Path) -> None:
    """An open file is not written over: the new one has another inode."""
    path = tmp_path / "r.csv"
    path.write_text("old")
    with path.open() as reader:
        write_frame(pl.DataFrame({"a": [1]}), path)
        assert reader.read() == "old"
    assert path.read_text() == "a\n1\n"


@pytest.mark.parametrize("there", [True, False])
def test_a_symbolic_link_is_written_through(tmp_path: Path, *, there: bool) -> None:
    """The link stays, and the file it points to is replaced or made."""
    (tmp_path / "store").mkdir()
    real = tmp_path / "store" / "real.csv"
    if there:
        real.write_text("old")
    link = tmp_path / "r.csv"
    link.symlink_to(real)
    check_target(link, inputs=[])
    write_frame(pl.DataFrame({"a": [1]}), link)
    assert (link.is_symlink(), real.read_text()) == (True, "a\n1\n")
    assert list(real.parent.iterdir()) == [real]


@pytest.mark.parametrize("folder", ["a*b [1]", "x=1", "50%20", "ünï"])
def test_odd_folders_and_long_names_are_just_names(folder: str, tmp_path: Path) -> None:
    """No name is a pattern, and one as long as names can be leaves room for the new file."""
    (tmp_path / folder).mkdir()
    path = tmp_path / folder / ("n" * 251 + ".csv")
    check_target(path, inputs=[])
    write_frame(pl.DataFrame({"a": [1]}), path)
    assert list(path.parent.iterdir()) == [path]


def test_a_good_target_passes_and_nothing_is_left(tmp_path: Path) -> None:
    """The check writes nothing, beside inputs that are there or not."""
    other = tmp_path / "list.csv"
    other.write_text("a\n1\n")
    check_target(tmp_path / "r.csv", inputs=[other, tmp_path / "gone.csv"])
    (tmp_path / "r.csv").write_text("old")
    check_target(tmp_path / "r.csv", inputs=[other, tmp_path / "gone.csv"])
    assert sorted(tmp_path.iterdir()) == [other, tmp_path / "r.csv"]
    assert (tmp_path / "r.csv").read_text() == "old"


def _itself(folder: Path) -> Path:
    return folder / "list.csv"


def _by_symlink(folder: Path) -> Path:
    (folder / "link.csv").symlink_to("list.csv")
    return folder / "link.csv"


def _by_hard_link(folder: Path) -> Path:
    (folder / "hard.csv").hardlink_to(folder / "list.csv")
    return folder / "hard.csv"


def _roundabout(folder: Path) -> Path:
    (folder / "sub").mkdir()
    return folder / "sub" / ".." / "list.csv"


@pytest.mark.parametrize("name", [_itself, _by_symlink, _by_hard_link, _roundabout])
def test_an_input_is_no_target_by_any_name(name: Callable[[Path], Path], tmp_path: Path) -> None:
    """The list is never replaced by its results."""
    (tmp_path / "list.csv").write_text("a\n1\n")
    with pytest.raises(UsageError, match="is also an input"):
        check_target(name(tmp_path), inputs=[tmp_path / "list.csv"])


def test_an_input_that_is_not_there_yet_is_no_target(tmp_path: Path) -> None:
    """Two names of one file to come are the same file."""
    (tmp_path / "sub").mkdir()
    with pytest.raises(UsageError, match="is also an input"):
        check_target(tmp_path / "sub" / ".." / "r.csv", inputs=[tmp_path / "r.csv"])


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        ("gone/r.csv", "there is no folder"),
        ("file/r.csv", "there is no folder"),
        ("folder.csv", "is no file"),
        ("fifo.csv", "is no file"),
        ("n" * 300 + ".csv", "File name too long"),
    ],
)
def test_a_target_that_cannot_be_written_is_found_early(
    out: str, expected: str, tmp_path: Path
) -> None:
    """Exit 73 before the first call, with what to do."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "fifo.csv")
    with pytest.raises(OutputError, match=f"{expected}.*--out") as caught:
        check_target(tmp_path / out, inputs=[])
    assert caught.value.exit_code == 73


def test_a_folder_nobody_can_write_is_found_early() -> None:
    """The kernel's own folder takes no files, not even root's."""
    with pytest.raises(OutputError, match=r"cannot write '/proc/r\.csv'"):
        check_target(Path("/proc/r.csv"), inputs=[])
