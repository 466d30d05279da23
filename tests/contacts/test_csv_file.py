"""CSV: strict about shape, faithful about values."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Literal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.contacts.csv_file import find_delimiter
from campaign.contacts.read import read_source
from campaign.contacts.table import Table
from campaign.errors import ListError

WriteList = Callable[..., Path]


def rows_of(table: Table, *, start_row: int = 0, batch_rows: int = 2) -> list[tuple[object, ...]]:
    """Return all rows of a table as it streams them."""
    batches = table.batches(batch_rows=batch_rows, start_row=start_row)
    return [row for batch in batches for row in batch.iter_rows()]


@pytest.mark.parametrize(
    "content",
    [
        "a,b\n007,1e5\ntrue, x \n\u00fc,\n",
        "a,b\r\n007,1e5\r\ntrue, x \r\n\u00fc,\r\n",
        "\ufeffa,b\n007,1e5\ntrue, x \n\u00fc,",
        "a;b\n007;1e5\ntrue; x \n\u00fc;\n",
        "a\tb\n007\t1e5\ntrue\t x \n\u00fc\t\n",
        "a|b\n007|1e5\ntrue| x \n\u00fc|\n",
        '"a","b"\n"007","1e5"\n"true"," x "\n"\u00fc",""\n',
        '\ufeff"a",b\n007,1e5\ntrue," x "\n\u00fc,\n',
        "\n\na,b\n007,1e5\n\ntrue, x \n\r\n\u00fc,\n\n\n",
    ],
    ids=["plain", "crlf", "bom", "semicolon", "tab", "bar", "quoted", "quoted bom", "blank lines"],
)
def test_values_are_text_byte_for_byte(content: str, write_list: WriteList) -> None:
    """Whatever the dialect, a cell is the text that stands there, and an empty one is null."""
    table = read_source(write_list(content))
    assert table.names == ("a", "b")
    assert table.rows == 3
    assert rows_of(table) == [("007", "1e5"), ("true", " x "), ("\u00fc", None)]
    assert table.frame.collect().rows() == rows_of(table)
    assert rows_of(table, start_row=2) == [("\u00fc", None)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('a,b\n"x,1","y\nz"\n', [("x,1", "y\nz")]),
        ('a,b\n"x""y","\r\n"\n', [('x"y', "\r\n")]),
        ('a,b\n5" x,7\nq,"r"\n', [('5" x', "7"), ("q", "r")]),
        ('"a\nb",c\n1,2\n', [("1", "2")]),
        ("a,b\r1,2\r", [("1", "2")]),
        ('a,b\r1,"x\ny"\r', [("1", "x\ny")]),
        ('"a"\r"1"', [("1",)]),
        ("sep=;\na;b\n1,5;2\n", [("1,5", "2")]),
        ("\ufeffsep=\t\r\na\tb\r\n1\t2\r\n", [("1", "2")]),
        ("a,b\n1,2\n  \n", [("1", "2")]),
        ('a\n" "\n""\n', [(" ",), (None,)]),
    ],
    ids=[
        "quoted newline",
        "quote in quotes",
        "stray quote",
        "newline in name",
        "cr",
        "cr and newline in quotes",
        "cr and nothing but quotes",
        "delimiter declared",
        "delimiter declared after a bom",
        "line of spaces",
        "one column",
    ],
)
def test_quotes_and_odd_line_ends(
    content: str, expected: list[tuple[str, ...]], write_list: WriteList
) -> None:
    """Quoting is read as spreadsheets write it; a quote within a field is a character."""
    table = read_source(write_list(content))
    assert rows_of(table) == expected
    assert table.frame.collect().rows() == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('a,b\n1,"x\ny"\n1,"x\ny\nz",3\n', "is not well-formed CSV: line 4: 3 fields where"),
        ('a,b\n1,"x\n2,y\n', "is not well-formed CSV: line 2: unexpected end of data"),
        ('a,b\n1,"x\n2,"y"\n', "is not well-formed CSV: line 2: "),
        ('a,b\n1,"x"y"\n2,y\n', "is not well-formed CSV: line 2: "),
        ('a,b\n"x"y,2\nz",2\n', "is not well-formed CSV: line 3: the quotes of two lines"),
        ('"a"x,b\n1,2\n', "is not well-formed CSV: its header has quotes"),
        ("a,,b, \n1,2,3,4\n", "has no name for column 2, 4"),
        ("a,b,a,b\n1,2,3,4\n", "has more than one column 'a', 'b'"),
        ("1,2\n3,4\n", "has no header: its first line holds numbers"),
        ("Ada,+1 415 555 0101\nBo,2\n", "has no header: its first line holds numbers"),
        ("a\0,b\n1,2\n", "has a NUL character in its header"),
        ("a;b\n1,2\n3,4\n", "has no usable row: 1 field where the header has 2: line 2: '1,2'"),
        ("", "is empty"),
        ("\ufeff", "is empty"),
        ("\n\r\n", "is empty"),
        ("a,b\n", "has a header and no rows"),
        ('"a",b\n\n', "has a header and no rows"),
    ],
)
def test_refused(content: str | bytes, message: str, write_list: WriteList) -> None:
    """A list whose rows could shift or whose text is guesswork is refused, naming the place."""
    path = write_list(content)
    with pytest.raises(ListError) as caught:
        read_source(path)
    assert f"the list {str(path)!r} {message}" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,2\n1,2,3\n", {1: "3 fields where the header has 2: line 3: '1,2,3'"}),
        ("a,b\n1\n\n1,2\n", {0: "1 field where the header has 2: line 2: '1'"}),
        ('a,b\n"x"y,2\n1,2\n', {0: "quotes that do not match: line 2: '\"x\"y,2'"}),
        ("a,b\n1,2\r3,4\n5,6\n", {0: "quotes that do not match: line 2: '1,2\\r3,4'"}),
        (
            "a,b\n1,2\n" + "x" * 90 + "\n",
            {1: "1 field where the header has 2: line 3: '" + "x" * 57 + "...'"},
        ),
    ],
)
def test_damaged_rows(content: str, expected: dict[int, str], write_list: WriteList) -> None:
    """A row whose fields are not those of the header stays, without cells, and says its line."""
    table = read_source(write_list(content))
    assert dict(table.damaged.rows()) == expected
    rows = rows_of(table)
    assert {at for at, row in enumerate(rows) if row == (None, None)} == set(expected)
    assert table.frame.collect().rows() == rows


def test_batches_of_records(write_list: WriteList, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are kept in batches, and a damaged row knows its place in the list."""
    monkeypatch.setattr("campaign.contacts.csv_records.BATCH_ROWS", 2)
    content = "a,b\n" + "".join(f'{n},"x{n}"\n' for n in range(5)) + "7\n8,9\n"
    table = read_source(write_list(content))
    assert [row[0] for row in rows_of(table, start_row=1)] == ["1", "2", "3", "4", None, "8"]
    assert table.damaged["row"].to_list() == [5]


def test_long_field(write_list: WriteList, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field may be long; one past all reason is a quote gone wrong; the limit is put back."""
    before = csv.field_size_limit()
    long = "x" * 200_000
    assert rows_of(read_source(write_list(f'a,b\n1,"{long}"\n'))) == [("1", long)]
    monkeypatch.setattr("campaign.contacts.csv_records.LONGEST_FIELD", 1000)
    with pytest.raises(ListError, match="line 2: field larger than field limit"):
        read_source(write_list(f'a,b\n1,"{long}\n"\n'))
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("phone", ","),
        ("a,b", ","),
        ("a;b\n1,2,3", ";"),
        ('"x,y,z";b', ";"),
        ("\r\n\na\tb", "\t"),
        ("a|b,c", ","),
    ],
)
def test_delimiter(head: str, expected: str) -> None:
    """The header decides, without what stands in quotes; a comma where it is a draw."""
    assert find_delimiter(head) == expected


@pytest.mark.parametrize("content", ["a,b\n1,2\n", '"a",b\n1,2\n'])
def test_hash_is_that_of_the_bytes(content: str, write_list: WriteList) -> None:
    """The content hash is the sha256 of the file."""
    expected = sha256(content.encode()).hexdigest()
    assert read_source(write_list(content)).content_hash == expected


def test_lazy_frame_of_quoted_csv_can_be_queried(write_list: WriteList) -> None:
    """Columns, filters and limits work on the lazy frame of a file that polars did not scan."""
    table = read_source(write_list('a,b,c\n"1",2,3\n4,5,6\n7,8,9\n'))
    frame = table.frame
    assert frame.select("c", "a").collect().rows() == [("3", "1"), ("6", "4"), ("9", "7")]
    assert frame.head(2).select("b").collect().rows() == [("2",), ("5",)]
    assert frame.filter(pl.col("a") == "4").collect().rows() == [("4", "5", "6")]
    assert frame.select(pl.len()).collect().item() == 3


CELLS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('",;\t| \n\r007'), max_size=8
)


@settings(max_examples=100)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_any_cell_survives(
    rows: list[tuple[str, str]], delimiter: str, end: str, quoting: Literal[0, 1]
) -> None:
    """What a CSV writer wrote is read back the same, through both ways in."""
    if quoting == csv.QUOTE_MINIMAL and len(end) == 1:
        # Some writers leave the other one unquoted there: no reader can tell it from a line end.
        other = "\r" if end == "\n" else "\n"
        rows = [(left.replace(other, ""), right.replace(other, "")) for left, right in rows]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([("left", "right"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes(text.getvalue().encode())
        table = read_source(path)
        expected = [(left or None, right or None) for left, right in rows]
        assert rows_of(table) == expected
        assert table.frame.collect().rows() == expected


ONE_LINE = st.text(st.sampled_from('",;|\t x\u00fc\0'), max_size=6)


@settings(max_examples=100)
@given(
    rows=st.lists(st.tuples(ONE_LINE, ONE_LINE), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_quoted_lines_are_read_fast_and_the_same(
    rows: list[tuple[str, str]], delimiter: str, end: str, mark: str
) -> None:
    """Proper quotes within lines need no second look, and nothing of a cell is lost."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("left", "right"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes((mark + text.getvalue()).encode())
        table = read_source(path)
        assert table.files != ()
        expected = [(left or None, right or None) for left, right in rows]
        assert rows_of(table) == expected


def test_thousands_of_columns_in_quotes(write_list: WriteList) -> None:
    """More columns than one pattern takes are read record by record, to the same rows."""
    names = ["phone", *(f"column_{n}" for n in range(5_000))]
    cells = ["+14155550101", *(f"{n}, and more" for n in range(5_000))]
    lines = (",".join(names), ",".join(f'"{cell}"' for cell in cells))
    table = read_source(write_list("\n".join(lines).encode()))
    assert table.frame.collect().rows() == [tuple(cells)]


HELD = 'fillcolor="0.0 0.3 1.0"'
"""How polars draws a step that it does not stream."""


@pytest.mark.parametrize("content", [b"a,b\n1,x\n", b'"a","b"\n"1","x, y"\n', b'a,b\n"1\n",x\n'])
def test_nothing_of_a_list_is_held(content: bytes, write_list: WriteList) -> None:
    """However a CSV is written, polars streams it from end to end."""
    table = read_source(write_list(content))
    held = table.frame.with_columns(pl.all().replace("", None))
    drawn = [
        str(one.show_graph(engine="streaming", plan_stage="physical", raw_output=True, show=False))
        for one in (table.frame, held)
    ]
    assert [HELD in graph for graph in drawn] == [False, True]
