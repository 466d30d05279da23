"""The lists that come with the project."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path

import polars as pl
import pytest

from campaign.contacts import read_list

SAMPLES = Path(__file__).parents[2] / "sample_data"


def run_script(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script that makes lists."""
    command = [sys.executable, str(SAMPLES / "make_list.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_sample_list_shows_what_can_happen() -> None:
    """The sample has contacts, a duplicate and three rows that cannot be called."""
    listing = read_list(SAMPLES / "contacts.csv")
    outcomes = dict(listing.screened["outcome"].value_counts().iter_rows())
    assert outcomes == {None: 21, "suppressed": 1, "rejected": 3}
    assert listing.rejects()["call_error"].to_list() == [
        "too short for +1",
        "ruined by a spreadsheet: format the column as text and export again",
        "no phone number",
    ]


def test_both_samples_are_the_same_list() -> None:
    """CSV and Parquet give the same contacts and the same verdicts."""
    from_csv = read_list(SAMPLES / "contacts.csv")
    from_parquet = read_list(SAMPLES / "contacts.parquet")
    assert list(from_csv.contacts()) == list(from_parquet.contacts())
    assert from_csv.screened.equals(from_parquet.screened)
    assert from_parquet.frame.collect_schema()["appointment_date"] == pl.Date


def test_made_list_is_callable_and_always_the_same(tmp_path: Path) -> None:
    """A made list has as many different contacts as it has rows."""
    made = run_script("300").stdout
    path = tmp_path / "big.csv"
    path.write_bytes(made.encode())
    contacts = [contact for batch in read_list(path).contacts() for contact in batch]
    assert len({contact.key for contact in contacts}) == 300
    assert run_script("300").stdout == made
    first = [(contact.to_number, contact.variables["account"]) for contact in islice(contacts, 2)]
    assert first == [("+12015550000", "0000000"), ("+12025550000", "0000001")]


@pytest.mark.parametrize("arguments", [(), ("0",), ("x",), ("5", "--parquet")])
def test_wrong_usage_of_the_script(arguments: tuple[str, ...]) -> None:
    """The script says what it takes."""
    done = run_script(*arguments)
    assert done.returncode == 2
    assert "usage: make_list.py" in done.stderr
