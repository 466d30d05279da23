"""From a list to contacts and rejects."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.contacts import Listing, read_list
from campaign.errors import ListError, UsageError
from campaign.model import Contact

WriteList = Callable[..., Path]

HEADER = (
    "Name,Phone Number,call_outcome,balance,metadata,custom sip headers,override agent id,"
    "override_agent_version,from number,Time Zone,timezone,drop_call_if_machine_detected\n"
)
FULL = (
    'Ada,(415) 555-0101,answered,007,"{""a"": [1]}","{""X-T"": ""7""}", agent_1 ,'
    "prod,+1 415 555 0100, x ,America/New_York,No\n"
)
BARE = "Björn,415 555 0102,,,,,,,,,,\n"
BAD = "Chen,415,busy,1e5,,,,,,,,\n"
AGAIN = "Ada 2,4155550101,,,,,,,,,,\n"


@pytest.fixture
def listing(write_list: WriteList) -> Listing:
    """Return a list of a full row, a rejected one, a duplicate and a bare one."""
    return read_list(write_list(HEADER + FULL + BAD + AGAIN + BARE), region="US")


def test_contacts(listing: Listing) -> None:
    """Callable rows become contacts with their fields; variables are text as in the file."""
    assert list(listing.contacts()) == [
        [
            Contact(
                row=0,
                key="+14155550101",
                to_number="+14155550101",
                variables={"Name": "Ada", "balance": "007", "Time Zone": " x "},
                metadata={"a": [1]},
                sip_headers={"X-T": "7"},
                from_number="+14155550100",
                agent_id="agent_1",
                agent_version="prod",
                timezone="America/New_York",
                drop_machine=False,
            ),
            Contact(
                row=3,
                key="+14155550102",
                to_number="+14155550102",
                variables={"Name": "Björn"},
            ),
        ]
    ]


def test_rejects(listing: Listing) -> None:
    """Rejected rows come with the list's own columns, untouched, and the reason."""
    rejects = listing.rejects()
    assert rejects.columns == [*listing.frame.collect_schema().names(), "call_error"]
    assert rejects.select("Name", "Phone Number", "balance", "call_error").rows() == [
        ("Chen", "415", "1e5", "too short for US")
    ]


def test_what_a_listing_knows(listing: Listing) -> None:
    """A listing says what was read and how; its repr holds no rows."""
    assert listing.rows == 4
    assert listing.normalised == 3
    assert listing.phone_column == "Phone Number"
    assert listing.key_column == ""
    assert listing.source is not None
    assert listing.source.endswith("list.csv")
    assert len(listing.content_hash) == 64
    assert "call_outcome" not in listing.frame.collect_schema()
    assert listing.frame.collect().height == 4
    assert "0101" not in repr(listing)
    listing.check_unchanged()


@pytest.mark.parametrize(
    ("size", "start_row", "expected"),
    [
        (1, 0, [[0], [3]]),
        (2, 0, [[0], [3]]),
        (3, 0, [[0], [3]]),
        (4, 0, [[0, 3]]),
        (1000, 1, [[3]]),
        (1, 3, [[3]]),
        (10, 4, []),
    ],
)
def test_sizes_and_starts(
    listing: Listing, size: int, start_row: int, expected: list[list[int]]
) -> None:
    """Contacts come in list order, at most `size` rows of the list at once, from any row on."""
    found = [[contact.row for contact in batch] for batch in listing.contacts(size, start_row)]
    assert found == expected


def test_numbers_only() -> None:
    """A list of nothing but numbers has contacts without variables."""
    listing = read_list(pl.DataFrame({"phone": ["+14155550101"]}))
    assert listing.source is None
    assert list(listing.contacts()) == [
        [Contact(row=0, key="+14155550101", to_number="+14155550101")]
    ]
    assert listing.rejects().is_empty()


def test_types_stay_in_the_frame_and_become_text_in_variables() -> None:
    """A frame's own columns keep their types; a call is given text."""
    frame = pl.DataFrame(
        {"phone": ["+14155550101"], "age": [3.0], "tags": [["a"]], "call_attempts": [2]}
    )
    listing = read_list(frame)
    assert listing.frame.collect().equals(frame.drop("call_attempts"))
    [[contact]] = listing.contacts()
    assert contact.variables == {"age": "3", "tags": '["a"]'}


def test_ignored_validation_and_own_key() -> None:
    """A number as written, a key of one's own, and a time zone column by name."""
    frame = pl.DataFrame(
        {
            "phone": ["sip 7"],
            "id": [7],
            "zone": ["UTC"],
            "ignore e164 validation": [True],
        }
    )
    listing = read_list(frame, key_column="id", timezone_column="zone")
    assert listing.key_column == "id"
    assert list(listing.contacts()) == [
        [
            Contact(
                row=0,
                key="7",
                to_number="sip 7",
                variables={"id": "7"},
                ignore_e164=True,
                timezone="UTC",
            )
        ]
    ]


def test_a_change_after_screening_stops_the_contacts(write_list: WriteList) -> None:
    """Verdicts are never applied to the rows of another version of the file."""
    listing = read_list(write_list("phone,a\n+14155550101,x\n"))
    write_list("phone,a\n+14155550102,yy\n")
    with pytest.raises(ListError, match="was changed while it was in use"):
        list(listing.contacts())
    with pytest.raises(ListError, match="was changed while it was in use"):
        listing.check_unchanged()


def test_unknown_region(write_list: WriteList) -> None:
    """A region that does not exist is wrong usage, whatever the list is."""
    with pytest.raises(UsageError, match="no region 'UK'"):
        read_list(write_list("phone\n1\n"), region="UK")


CELLS = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf"], include_characters="\t\r\n"), max_size=10
).filter(lambda text: "{{" not in text and "}}" not in text)


@settings(max_examples=60)
@given(cells=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5), size=st.integers(1, 6))
def test_variables_are_the_cells_byte_for_byte(cells: list[tuple[str, str]], size: int) -> None:
    """Whatever a cell holds is what the call is given; an empty one is left out."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["a", "phone", "b"])
    writer.writerows((a, f"+1415555{n:04d}", b) for n, (a, b) in enumerate(cells))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_bytes(text.getvalue().encode())
        contacts = [contact for batch in read_list(path).contacts(size) for contact in batch]
    assert [contact.row for contact in contacts] == list(range(len(cells)))
    assert [contact.variables for contact in contacts] == [
        {name: value for name, value in (("a", a), ("b", b)) if value} for a, b in cells
    ]


@settings(max_examples=60)
@given(picks=st.lists(st.integers(-2, 5), min_size=1, max_size=30), size=st.integers(1, 7))
def test_nobody_is_a_contact_twice(picks: list[int], size: int) -> None:
    """Each valid number is a contact once, at its first row; every other row says why not."""
    phones = ["" if pick < 0 else f"+1415555010{pick}" for pick in picks]
    listing = read_list(pl.DataFrame({"phone": phones}))
    contacts = [contact for batch in listing.contacts(size) for contact in batch]
    expected = {phone: phones.index(phone) for phone in phones if phone}
    assert {contact.to_number: contact.row for contact in contacts} == expected
    assert len(contacts) == len(expected)
    held = listing.screened.filter(pl.col("outcome").is_not_null())
    assert held.height == len(phones) - len(expected)
    assert held["reason"].null_count() == 0


def test_places_of_rows(write_list: WriteList) -> None:
    """Each row tells its zone and region, unless it says nothing or cannot be called."""
    path = write_list(
        "phone,state,timezone\n"
        "+14155550101, TX ,\n"
        "+14155550102,, America/New_York \n"
        "12,TX,America/New_York\n"
    )
    listing = read_list(path, region_column="state")
    found = listing.places()
    assert found is not None
    assert [("zone", "region"), (None, "TX"), ("America/New_York", None), (None, None)] == [
        tuple(found.columns),
        *found.rows(),
    ]
    zones = read_list(path).places()
    assert zones is not None
    assert [None, None, None] == zones["region"].to_list()


def test_a_list_that_tells_no_place(write_list: WriteList) -> None:
    """Without a column of either kind nothing is read again."""
    assert read_list(write_list("phone\n+14155550101\n")).places() is None
