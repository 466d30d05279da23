"""Variables as text for a prompt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.contacts import encodings, read_list
from campaign.contacts.read import read_source
from campaign.contacts.text import as_text
from campaign.contacts.texts import (
    WIDEST,
    WIDEST_FLOAT,
    are_plain,
    check_names,
    clean,
    problems,
)
from campaign.errors import ListError
from campaign.policy.variables import is_reserved, problem


def reasons(**columns: Sequence[str | None]) -> list[str | None]:
    """Return the reason of each row."""
    return problems(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))).to_list()


@pytest.mark.parametrize(
    ("text", "expected", "cleaned"),
    [
        ("Ana\tLuisa\r\nOrtiz", None, "Ana\tLuisa\r\nOrtiz"),
        ("שלום José 李 👩‍👩‍👧", None, "שלום José 李 👩‍👩‍👧"),
        ("a { b } {c}", None, "a { b } {c}"),
        ("", None, None),
        (None, None, None),
        ("a\0b", "a control character", "ab"),
        ("a\x1b[31mb", "a control character", "a[31mb"),
        ("a\x0b\x0c\x08\x0e\x1fb", "a control character", "ab"),
        ("a\x7fb", "a control character", "ab"),
        ("a\x85\x9fb", "a control character", "ab"),
        ("\x07", "a control character", None),
        ("a\u202eb", "a bidirectional override", "ab"),
        ("\u202aa\u202c", "a bidirectional override", "a"),
        ("\u2066a\u2069", "a bidirectional override", "a"),
        ("{{first_name}}", "{{ or }} in a value", "{first_name}"),
        ("a}}", "{{ or }} in a value", "a}"),
        ("{{{{a", "{{ or }} in a value", "{a"),
        ("{\0{a", "a control character", "{a"),
        ("x" * 2000, None, "x" * 2000),
        ("ü" * 2001, "more than 2,000 characters", "ü" * 2000),
    ],
)
def test_values(text: str | None, expected: str | None, cleaned: str | None) -> None:
    """A value that cannot go into a prompt is told with its column, and can be cleaned.

    The same is wrong with the value of a variable that every call has.
    """
    assert problem(text or "") == expected
    within = None if expected is None else f"{expected}: in the column 'note'"
    assert reasons(note=[text]) == [within]
    frame = pl.DataFrame({"note": [text]}, schema={"note": pl.String})
    assert clean(frame)["note"].to_list() == [cleaned]


def test_the_first_problem_of_a_row() -> None:
    """Every row is judged by itself; the first column with a problem is named."""
    found = reasons(a=["x", "{{", "x", None], b=["\0", "\0", "y", None], **{"^c.*$": ["z"] * 4})
    assert found == [
        "a control character: in the column 'b'",
        "{{ or }} in a value: in the column 'a'",
        None,
        None,
    ]


def test_a_row_has_a_bound() -> None:
    """All values of a row together have at most 20 kB, in UTF-8; cleaning cuts values only."""
    fits = {f"v{n}": ["x" * 2000] for n in range(10)}
    assert reasons(**fits) == [None]
    assert reasons(**fits, one=["x"]) == ["more than 20 kB of variables"]
    wide = {f"v{n}": ["€" * 1667] for n in range(4)}
    assert reasons(**wide) == ["more than 20 kB of variables"]
    assert problems(clean(pl.DataFrame(wide))).to_list() == ["more than 20 kB of variables"]


@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(
        st.one_of(
            st.none(),
            st.text("ab {}\0\t\x1f\x7f\x85é\u202e€", max_size=4),
            st.integers(0, 2_001).map("x".__mul__),
        ),
        min_size=1,
    ),
    columns=st.integers(1, 11),
)
def test_what_is_plain_has_no_problem(texts: list[str | None], columns: int) -> None:
    """Where a glance at all bytes finds columns plain, no row of them has a problem."""
    frame = pl.DataFrame({f"v{n}": pl.Series(texts, dtype=pl.String) for n in range(columns)})
    assert not are_plain(frame) or set(problems(frame)) == {None}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["José", "a\tb\r\n", None, "{a}", "", "{", "{", "x"], True),
        (["}", "}"], True),
        (["a{{b"], False),
        (["a\0"], False),
        (["x" * 2_000] * 11, True),
        (["x" * 2_001], False),
    ],
)
def test_what_a_glance_tells(texts: list[str | None], expected: bool) -> None:
    """Usual texts are found plain at a glance; braces and what is unseen are doubted."""
    column = pl.Series("^.*$", texts)
    assert are_plain([column]) == expected
    assert are_plain([column.cast(pl.Categorical)]) == expected
    assert not are_plain([pl.Series(["x" * 2_000])] * 11)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([5e-324, 1.7976931348623157e308, -1.5e-310, float("nan"), float("-inf")]),
        pl.Series([3.4e38, 1e-45], dtype=pl.Float32),
        pl.Series([-(2**127)], dtype=pl.Int128),
        pl.Series([True, None]),
        pl.Series([datetime(9998, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)]).dt.convert_time_zone(
            "America/Argentina/ComodRivadavia"
        ),
        pl.Series([2**63 - 1, -(2**63) + 1]).cast(pl.Duration("us")),
        pl.Series([date.min, date.max]),
        pl.Series([time.max]),
    ],
    ids=lambda column: str(column.dtype),
)
def test_numbers_and_times_are_plain(column: pl.Series) -> None:
    """What is no text is not looked at: the texts that it would have are short and plain."""
    texts = as_text(column)
    assert are_plain([column])
    assert are_plain([texts])
    sizes = texts.str.len_bytes().drop_nulls()
    assert (sizes <= (WIDEST_FLOAT if column.dtype.is_float() else WIDEST)).all()
    assert not are_plain([column] * 400)


def test_no_variables() -> None:
    """A list without variables has nothing wrong with them."""
    assert problems(pl.DataFrame()).to_list() == []
    assert clean(pl.DataFrame()).width == 0
    assert reasons(note=[]) == []


def test_names_are_taken_as_they_are() -> None:
    """A column whose name is a pattern for polars is one column all the same."""
    frame = pl.DataFrame({"^a.*$": ["\0x"], "*": ["y"], "": ["z"]})
    assert problems(frame).to_list() == ["a control character: in the column '^a.*$'"]
    assert clean(frame).rows(named=True) == [{"^a.*$": "x", "*": "y", "": "z"}]


@settings(max_examples=100)
@given(
    st.lists(
        st.text(alphabet="a{}\0\t\x1b\u202e\u2069é", max_size=12) | st.none(),
        min_size=1,
        max_size=6,
    )
)
def test_what_was_cleaned_is_clean(texts: list[str | None]) -> None:
    """Nothing is wrong with a cleaned value, and one with nothing wrong stays as it is."""
    frame = pl.DataFrame({"note": texts}, schema={"note": pl.String})
    cleaned = clean(frame)
    assert problems(cleaned).null_count() == frame.height
    assert clean(cleaned).equals(cleaned)
    fine = problems(frame).is_null() & (frame["note"] != "")
    assert cleaned.filter(fine).equals(frame.filter(fine))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("current_time", True),
        ("current_time_America/New_York", True),
        ("current_calendar", True),
        ("current_calendar_UTC", True),
        ("session_duration_ms", True),
        ("direction", True),
        ("user_number", True),
        ("agent_number", True),
        ("call_id", True),
        ("call_type", True),
        ("session_type", True),
        ("directions", False),
        ("current", False),
        ("my_current_time", False),
        ("first_name", False),
    ],
)
def test_reserved_names(name: str, expected: bool) -> None:
    """The provider's own names, and what begins like three of them."""
    assert is_reserved(name) is expected


def test_columns_with_reserved_names() -> None:
    """A list whose column would be such a variable is refused as a whole, by name."""
    check_names(["first_name", "city"])
    with pytest.raises(ListError, match=r"fills 'direction' itself.*this name; rename or remove"):
        check_names(["first_name", "direction"])
    with pytest.raises(ListError, match=r"'call_type', 'current_time_UTC' itself.*these names"):
        check_names(["call_type", "city", "current_time_UTC"])


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("Ada", True),
        ("Zoë {x}", True),
        ("Ada\x0b", False),
        ("\x7f", False),
        ("{{name}}", False),
        ("}} at last", False),
        ("a\u202eb", False),
        ("50 \u00b0", False),
        ("x" * 1900, True),
        ("x" * 2100, False),
    ],
)
def test_lists_that_are_not_searched(value: str, *, plain: bool, tmp_path: Path) -> None:
    """Of a list that is plain to see nothing is searched, and nothing would be found."""
    path = tmp_path / "list.csv"
    path.write_text(f"phone,name\n+14155550101,{value}\n", encoding="utf-8")
    table = read_source(path)
    assert plain is table.plain
    reasons = read_list(path).screened["reason"].to_list()
    assert reasons == read_list(table.frame.collect()).screened["reason"].to_list()
    assert not plain or reasons == [None]


def test_braces_where_the_file_is_taken_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pair of braces is seen wherever the bytes are parted."""
    path = tmp_path / "list.csv"
    path.write_text("phone,name\n+14155550101,{{x\n", encoding="utf-8")
    for size in range(1, 30):
        monkeypatch.setattr(encodings, "CHUNK_BYTES", size)
        assert not read_source(path).plain
