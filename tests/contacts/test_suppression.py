"""Numbers that are never called: files of them, and lists from elsewhere."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.contacts import Notice, read_list
from campaign.contacts.suppression import suppressed_by
from campaign.errors import ConfigError

WriteList = Callable[..., Path]
ON = "suppressed: on the list dnc.{}"
PHONES = pl.DataFrame({"phone": [f"+1415555010{n}" for n in range(6)]})

CONTENTS = [
    ("txt", "+14155550101\n+1 415 555 0103\n"),
    ("txt", "\ufeff\n(415) 555-0101\r\n\r\n4155550103"),
    ("txt", "+14155550101;\n+14155550103;\n"),
    ("csv", '"+14155550101"\n"415.555.0103"\n'),
    ("csv", "Do not call\n+14155550101\n+14155550103\n"),
    ("csv", "name,Phone Number\nAda,+14155550101\nBob,4155550103\n"),
    ("tsv", "id\tmobile\n1\t+14155550101\n2\ttel:+14155550103\n"),
    ("txt", "phone\n+14155550101\n+14155550103\n+14155550101\n"),
    ("txt", "+14155550101\n+14155550103\n".encode("utf-16")),
]


@pytest.mark.no_cover
@pytest.mark.parametrize(("suffix", "content"), CONTENTS)
def test_files(write_list: WriteList, suffix: str, content: str | bytes) -> None:
    """A header or none, any notation, any format: rows with these numbers are not called."""
    path = write_list(content, f"dnc.{suffix}")
    listing = read_list(PHONES, region="US", suppress=[path])
    expected = ON.format(suffix)
    assert listing.screened["reason"].to_list() == [None, expected, None, expected, None, None]
    assert listing.screened["outcome"].drop_nulls().to_list() == ["suppressed"] * 2
    assert listing.screened.columns[:5] == ["row", "key", "to_number", "outcome", "reason"]
    assert listing.notices == ()
    assert [contact.row for batch in listing.contacts() for contact in batch] == [0, 2, 4, 5]


def test_one_number_and_a_typed_file(write_list: WriteList, tmp_path: Path) -> None:
    """One line is a file too, and so is a column of whole numbers; the first list is named."""
    typed = tmp_path / "typed.parquet"
    pl.DataFrame({"who": [14155550101, 14155550102]}).write_parquet(typed)
    listing = read_list(
        PHONES, region="US", suppress=[write_list("+14155550101", "one.txt"), typed]
    )
    assert listing.screened["reason"].to_list()[1:3] == [
        "suppressed: on the list one.txt",
        "suppressed: on the list typed.parquet",
    ]


def test_unusable_lines_are_told(write_list: WriteList) -> None:
    """A line that is no number is counted, and its file and first row are named."""
    path = write_list("+14155550101\nask Bob\n415\n", "dnc.txt")
    listing = read_list(PHONES, suppress=[path])
    [notice] = listing.notices
    assert notice == Notice(
        file=str(path),
        unusable=2,
        rows=3,
        first_row=2,
        reason="letters in the number: write it in digits",
    )
    assert str(notice) == (
        f"2 of 3 rows of the suppression file {str(path)!r} are no phone number,"
        " the first is row 2: letters in the number: write it in digits"
    )


def test_a_first_line_that_is_no_number_is_not_taken_for_a_header(write_list: WriteList) -> None:
    """Digits without letters, or many of them, are a line that somebody meant to be a number."""
    for first in ("415-555", "call 415 555 0100 x3"):
        path = write_list(f"{first}\n+14155550101\n", "dnc.txt")
        [notice] = read_list(PHONES, suppress=[path]).notices
        assert (notice.unusable, notice.first_row) == (1, 1)


def test_empty_cells_are_told(write_list: WriteList) -> None:
    """A row without a number is not one that can be left out silently."""
    path = write_list("phone,name\n,Ada\n+14155550101,Bob\n", "dnc.csv")
    [notice] = read_list(PHONES, suppress=[path]).notices
    assert (notice.unusable, notice.rows, notice.reason) == (1, 2, "no phone number")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("phone\n", "has a header and no rows"),
        ("phone\nBob\n", "no usable phone number (row 1: letters in the number"),
        ("4155550101\n", "no usable phone number (row 1: no country code"),
        ("a,b\n1,2\n", "more than one of its columns may hold the numbers: 'a', 'b'"),
        ("phone,mobile\n1,2\n", "more than one of its columns may hold the numbers: 'phone'"),
        ("+14155550101,x\n+14155550102,x\n", "cannot be used"),
        (b"\xe9\xe8\n1\n", "cannot be used"),
    ],
)
def test_unusable_files(write_list: WriteList, content: str | bytes, message: str) -> None:
    """A file that keeps nobody from being called stops everything, and is named."""
    path = write_list(content, "dnc.csv")
    with pytest.raises(ConfigError) as caught:
        read_list(PHONES, suppress=[path])
    assert f"the suppression file {str(path)!r} cannot be used: " in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("place", ["dnc", "dnc/*"])
def test_folders_and_patterns(place: str, write_list: WriteList, tmp_path: Path) -> None:
    """Each file there counts by itself: bare numbers beside lists, and results as any list."""
    (tmp_path / "dnc").mkdir()
    write_list("+14155550101\n", "dnc/a.txt")
    write_list("name,phone,call_outcome\nAda,+14155550103,answered\n", "dnc/b.csv")
    listing = read_list(PHONES, suppress=[str(tmp_path / place)])
    assert {1: ON.replace("dnc.{}", "a.txt"), 3: ON.replace("dnc.{}", "b.csv")} == dict(
        listing.screened.drop_nulls("reason").select("row", "reason").rows()
    )
    with pytest.raises(ConfigError, match=r"'.*none/\*' cannot be used: there is no file in"):
        read_list(PHONES, suppress=[str(tmp_path / "none/*")])


def test_bare_numbers_elsewhere(write_list: WriteList, write_book: Callable[..., Path]) -> None:
    """Only text has numbers without a header: its first number would be lost as one."""
    for path in (
        write_book({"Sheet1": [[14155550101.0], [14155550103.0]]}),
        write_book({"Sheet1": [["+14155550101"], ["+14155550103"]]}, "texts.xlsx"),
        write_list(gzip.compress(b"+14155550101\n+14155550103\n"), "dnc.csv.gz"),
        write_list(gzip.compress(b"call 415 555 0100 x3\n+14155550103\n"), "calls.txt.gz"),
    ):
        with pytest.raises(ConfigError, match="has no header: its first "):
            read_list(PHONES, region="US", suppress=[path])


def test_other_formats(write_list: WriteList, write_book: Callable[..., Path]) -> None:
    """A workbook or a packed file with a header is a list as any other."""
    book = write_book({"Sheet1": [["phone"], [14155550101.0]]})
    packed = write_list(gzip.compress(b"phone\n(415) 555-0103\n"), "dnc.csv.gz")
    listing = read_list(PHONES, region="US", suppress=[book, packed])
    numbers = listing.screened.drop_nulls("reason")["to_number"]
    assert numbers.to_list() == ["+14155550101", "+14155550103"]


def test_addresses_are_told_without_their_query() -> None:
    """What signs an address is not told."""
    with pytest.raises(ConfigError, match="of a kind that") as caught:
        read_list(PHONES, suppress=["https://localhost/dnc.doc?key=secret"])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.txt", "there is no file"), (".", "cannot be used"), ("dnc.doc", "of a kind that")],
)
def test_unreadable_files(tmp_path: Path, name: str, message: str) -> None:
    """What is missing, a folder or of an unknown kind is named."""
    (tmp_path / "dnc.doc").write_text("+14155550101\n")
    with pytest.raises(ConfigError, match=message):
        read_list(PHONES, suppress=[tmp_path / name])


def test_other_verdicts_go_first(write_list: WriteList) -> None:
    """Duplicates stay duplicates; with keys of one's own, every row of a number is held."""
    path = write_list("+14155550101\n", "dnc.txt")
    frame = pl.DataFrame({"phone": ["+14155550101"] * 3, "id": ["a", "b", None]})
    by_number = read_list(frame, suppress=[path]).screened["reason"].to_list()
    assert by_number == [ON.format("txt"), *["duplicate: same number as row 1"] * 2]
    by_key = read_list(frame, suppress=[path], key_column="id").screened["reason"].to_list()
    assert by_key == [ON.format("txt")] * 2 + ["no key: the column 'id' is empty"]


def test_numbers_as_written(write_list: WriteList) -> None:
    """A number that goes as written is held by what it means, and as it is written."""
    path = write_list("+14155550101\n12345\n", "dnc.txt")
    frame = pl.DataFrame(
        {"phone": ["(415) 555-0101", "12345", "12346"], "ignore_e164_validation": ["1"] * 3}
    )
    listing = read_list(frame, region="US", suppress=[path])
    assert listing.screened["reason"].to_list() == [ON.format("txt"), ON.format("txt"), None]
    assert listing.notices[0].unusable == 1


def test_numbers_of_a_list() -> None:
    """Those of its callable rows, each with its row and key."""
    frame = pl.DataFrame(
        {"phone": ["+14155550103", "x", "+14155550101", "+14155550103"], "id": ["a", "b", "c", "d"]}
    )
    listing = read_list(frame, key_column="id")
    assert listing.numbers().rows() == [
        (0, "a", "+14155550103"),
        (2, "c", "+14155550101"),
        (3, "d", "+14155550103"),
    ]


@settings(max_examples=40)
@given(
    picks=st.lists(st.integers(0, 7), min_size=1, max_size=30),
    held=st.sets(st.integers(0, 9)),
)
def test_every_row_of_a_number_and_no_other(picks: list[int], held: set[int]) -> None:
    """Callable rows are suppressed exactly where their number is on the list, order kept."""
    screened = read_list(pl.DataFrame({"phone": [f"+1415555010{pick}" for pick in picks]})).screened
    numbers = pl.DataFrame(
        [(f"+1415555010{pick}", f"why {pick}") for pick in held],
        schema={"number": pl.String, "reason": pl.String},
        orient="row",
    )
    after = suppressed_by(screened, numbers, None)
    assert after.drop("outcome", "reason").equals(screened.drop("outcome", "reason"))
    expected = [
        reason or (f"why {pick}" if pick in held else None)
        for pick, reason in zip(picks, screened["reason"], strict=True)
    ]
    assert after["reason"].to_list() == expected
