"""Every row gets a verdict, the same one from every format."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.contacts import heading, read_list
from campaign.contacts.columns import find_columns
from campaign.contacts.marking import OUTCOME
from campaign.contacts.read import read_source
from campaign.contacts.verdicts import screen
from campaign.errors import ListError

WriteList = Callable[..., Path]
GOOD = "+14155550101"
NO_VERSION = "is neither a whole number nor a tag of up to 20 of a-z, 0-9, _ and -"


def reasons_of(frame: pl.DataFrame, **options: Any) -> list[str | None]:
    """Return the reason of each row of a frame."""
    return read_list(frame, **options).screened["reason"].to_list()


def test_shape() -> None:
    """One row per row, in order; what is known of a rejected row is kept."""
    frame = pl.DataFrame(
        {
            "phone": [GOOD, "x", "+14155550102", GOOD, "+14155550103"],
            "timezone": [None, None, "Mars", "UTC", " UTC "],
        }
    )
    screened = read_list(frame).screened
    assert screened.schema == {
        "row": pl.UInt32,
        "key": pl.String,
        "to_number": pl.String,
        "outcome": OUTCOME,
        "reason": pl.String,
        "normalised": pl.Boolean,
    }
    zone = "timezone is not an IANA time zone, like America/New_York: 'Mars'"
    assert screened.rows() == [
        (0, GOOD, GOOD, None, None, False),
        (1, None, None, "rejected", "letters in the number: write it in digits", False),
        (2, "+14155550102", "+14155550102", "rejected", zone, False),
        (3, GOOD, GOOD, "suppressed", "duplicate: same number as row 1", False),
        (4, "+14155550103", "+14155550103", None, None, False),
    ]


def test_first_good_row_wins() -> None:
    """A rejected row makes no later one a duplicate; spellings of one number are one number."""
    frame = pl.DataFrame(
        {
            "phone": [GOOD, "+1 415 555 0101", "(415) 555-0101", "4155550101"],
            "metadata": ["[]", None, None, None],
        }
    )
    assert reasons_of(frame, region="us") == [
        "metadata is not a JSON object: '[]'",
        None,
        "duplicate: same number as row 2",
        "duplicate: same number as row 2",
    ]


def test_own_key() -> None:
    """With a key column the key decides: it must be there, and may repeat a number."""
    frame = pl.DataFrame(
        {
            "phone": [GOOD, GOOD, "+14155550102", "+14155550103", "+14155550104"],
            "id": ["a", "b", "a", None, "  "],
        }
    )
    screened = read_list(frame, key_column="id").screened
    assert screened["key"].to_list() == ["a", "b", "a", None, None]
    assert screened["reason"].to_list() == [
        None,
        None,
        "duplicate: same key as row 1",
        "no key: the column 'id' is empty",
        "no key: the column 'id' is empty",
    ]
    assert screened["outcome"].to_list() == [None, None, "suppressed", "rejected", "rejected"]


@pytest.mark.parametrize("again", ["José", "Jose\u0301", " José", "José\u00a0", "Jose\u0301 "])
def test_keys_that_look_alike(again: str) -> None:
    """Blanks around a key and the form of its accents do not make another contact."""
    frame = pl.DataFrame({"phone": [GOOD, "+14155550102"], "id": ["José", again]})
    listing = read_list(frame, key_column="id")
    assert ["José", "José"] == listing.screened["key"].to_list()
    assert [None, "suppressed"] == listing.screened["outcome"].to_list()
    assert "José" == next(listing.contacts())[0].variables["id"]


def test_keys_of_letters_alone() -> None:
    """A key without accents is compared without the blanks around it too; its case counts."""
    frame = pl.DataFrame({"phone": [GOOD] * 4, "id": ["a", " a", "A", "a\t"]})
    screened = read_list(frame, key_column="id").screened
    assert [None, "suppressed", None, "suppressed"] == screened["outcome"].to_list()


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("metadata", "{bad", "metadata is not a JSON object: '{bad'"),
        (
            "Metadata",
            '{"attempt": 1}',
            "Metadata has the entry 'attempt', which campaign writes itself: '{\"attempt\": 1}'",
        ),
        (
            "metadata",
            '{"a": "' + "x" * 50_000 + '"}',
            'metadata is over 50 kB: \'{"a": "' + "x" * 50 + "...'",
        ),
        (
            "custom sip headers",
            '{"A": "b"}',
            'custom sip headers has a name that is not of the form X-Name: \'{"A": "b"}\'',
        ),
        (
            "override_agent_version",
            "-1",
            f"override_agent_version {NO_VERSION}: '-1'",
        ),
        (
            "from_number",
            "555",
            "from_number is not a valid number in E.164, like +14155550100: '555'",
        ),
        ("ignore_e164_validation", "x", "ignore_e164_validation is neither true nor false: 'x'"),
        (
            "drop_call_if_machine_detected",
            "x",
            "drop_call_if_machine_detected is neither true nor false: 'x'",
        ),
        ("note", "a\0b", "a NUL character: in the column 'note'"),
        ("note", "x" * 131_073, "over 131,072 bytes in a cell: in the column 'note'"),
        ("timezone", "  ", None),
    ],
)
def test_unusable_values(column: str, value: str, expected: str | None) -> None:
    """A value that cannot be sent rejects its row, naming the column and the value."""
    frame = pl.DataFrame({"phone": [GOOD, "+14155550102"], column: [value, None]})
    assert reasons_of(frame) == [expected, None]


def test_numbers_as_written() -> None:
    """With `ignore_e164_validation` a number goes as it is written, and is its own key."""
    frame = pl.DataFrame(
        {
            "phone": [" 1234 ", "sip:a", None, "  ", GOOD, GOOD, "1\0", "1234"],
            "ignore_e164_validation": ["true", "YES", "1", "1", "no", "1", "1", "false"],
        }
    )
    assert read_list(frame).screened.select("to_number", "outcome", "reason").rows() == [
        (" 1234 ", None, None),
        ("sip:a", None, None),
        (None, "rejected", "no phone number"),
        (None, "rejected", "no phone number"),
        (GOOD, None, None),
        (GOOD, "suppressed", "duplicate: same number as row 5"),
        ("1\0", "rejected", "a NUL character: in the column 'phone'"),
        (None, "rejected", "no country code: write it with + or give --region"),
    ]


def test_distinct_phones_are_judged_once() -> None:
    """The judge of phones is handed each text of a batch once, and can be another one."""
    seen: list[list[str | None]] = []

    def judge(texts: pl.Series, region: str | None) -> pl.DataFrame:
        seen.append(sorted(texts.to_list()))
        assert region == "US"
        return pl.DataFrame({"text": texts, "to_number": "+1" + texts, "reason": None}).cast(
            {"reason": pl.String}
        )

    table = read_source(pl.DataFrame({"phone": ["2", "1", "2"], "id": ["a", "b", "c"]}))
    columns = find_columns(table.names, key_column="id")
    screened = screen(table, columns, region="US", judge=judge)
    assert seen == [["1", "2"]]
    assert screened["to_number"].to_list() == ["+12", "+11", "+12"]


def test_same_verdicts_from_csv_and_parquet(tmp_path: Path) -> None:
    """A list says the same as CSV and as Parquet with types."""
    frame = pl.DataFrame(
        {
            "phone": [4155550101, 4155550102, 415, 4155550101, None],
            "override_agent_version": [3.0, 1.5, None, None, None],
            "drop_call_if_machine_detected": [True, False, None, True, None],
            "metadata": [{"a": 1}, {"a": 2}, {"a": None}, {"a": 4}, {"a": 5}],
            "score": [3.0, 3.5, None, 1e20, 0.1],
        }
    )
    frame.write_parquet(tmp_path / "list.parquet")
    texts = frame.with_columns(pl.col("metadata").struct.json_encode())
    texts.write_csv(tmp_path / "list.csv")
    from_csv = read_list(tmp_path / "list.csv", region="US")
    from_parquet = read_list(tmp_path / "list.parquet", region="US")
    assert from_csv.screened.equals(from_parquet.screened)
    assert from_csv.screened["outcome"].to_list() == [
        None,
        "rejected",
        "rejected",
        "suppressed",
        "rejected",
    ]
    [[csv_contact]] = from_csv.contacts()
    [[contact]] = from_parquet.contacts()
    assert contact.variables == {"score": "3"}
    assert csv_contact == replace(contact, variables={"score": "3.0"})
    assert (contact.agent_version, contact.drop_machine, contact.metadata) == (3, True, {"a": 1})


def test_floats_and_integers_as_phones() -> None:
    """Whole numbers are digits, which need a region; too big ones are not digits any more."""
    integers = pl.DataFrame({"phone": [4155550101]})
    floats = pl.DataFrame({"phone": [4155550101.0, 1e20, 0.5, None]})
    assert reasons_of(integers) == ["no country code: write it with + or give --region"]
    assert reasons_of(integers, region="US") == [None]
    assert reasons_of(floats, region="US") == [
        None,
        "too long for US",
        "not a whole number: format the column as text and export again",
        "no phone number",
    ]


def test_duplicates_across_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A duplicate is found however far back the first one was."""
    monkeypatch.setattr("campaign.contacts.verdicts.MOST_ROWS", 2)
    phones = [f"+1415555010{n}" for n in (0, 1, 2, 3, 0, 2)]
    assert reasons_of(pl.DataFrame({"phone": phones})) == [
        None,
        None,
        None,
        None,
        "duplicate: same number as row 1",
        "duplicate: same number as row 3",
    ]


def test_duplicates_of_many_rows() -> None:
    """Among thousands of keys exactly those are suppressed that a callable row before them has."""
    rng = random.Random(11)
    keys = [str(rng.randrange(9_000)) for _ in range(4_000)]
    frame = pl.DataFrame(
        {"phone": [GOOD if at % 7 else "x" for at in range(4_000)], "id": keys, "at": range(4_000)}
    )
    first: dict[str, int] = {}
    expected: list[str | None] = []
    for at, key in enumerate(keys):
        if at % 7 == 0:
            expected.append("letters in the number: write it in digits")
        elif key in first:
            expected.append(f"duplicate: same key as row {first[key]}")
        else:
            first[key] = at + 1
            expected.append(None)
    assert expected == reasons_of(frame, key_column="id")


def test_rows_that_do_not_add_up(write_list: WriteList) -> None:
    """A list whose rows are not those that were counted is refused."""
    table = read_source(write_list(f"phone\n{GOOD}\n"))
    columns = find_columns(table.names)
    with pytest.raises(ListError, match="had 2 rows and now has 1"):
        screen(replace(table, rows=2), columns, region=None)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("duplicate: same number as row 3", "duplicate"),
        ("too short for US", "too short for US"),
        ("metadata is not a JSON object: '{a: 1'", "metadata is not a JSON object"),
    ],
)
def test_heading(reason: str, expected: str) -> None:
    """Rows are counted by what is wrong, without the detail."""
    assert heading(reason) == expected
