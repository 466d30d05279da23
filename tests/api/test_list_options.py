"""What is said about a list reaches the reading of it, also when results are written again."""

from __future__ import annotations

from pathlib import Path

import pytest

import campaign
from campaign.api.sources import list_path, recorded_options
from campaign.config import Settings
from campaign.errors import UsageError


def test_encoding(tmp_path: Path) -> None:
    """A named encoding is used by `check`, and a sheet is refused where there is none."""
    path = tmp_path / "list.csv"
    path.write_bytes("phone,name\n+1415,Łukasz\n".encode("cp1250"))
    checked = campaign.check(path, encoding="cp1250", ledger=str(tmp_path / "campaign.db"))
    assert checked.rejected["name"].to_list() == ["Łukasz"]
    with pytest.raises(UsageError, match="no workbook; leave --sheet out"):
        campaign.check(path, sheet="x", ledger=str(tmp_path / "campaign.db"))


def test_rows_from_python(tmp_path: Path) -> None:
    """A list of dicts is a list."""
    rows = [{"phone": "+14155550101"}, {"phone": "x"}]
    checked = campaign.check(rows, ledger=str(tmp_path / "campaign.db"))
    assert checked.summary.outcomes == {"pending": 1, "rejected": 1}


def test_what_is_recorded() -> None:
    """How the list was read is recorded; an address is kept as it is."""
    settings = Settings(encoding="cp1250", sheet="Sheet1", suppress=("s3://bucket/dnc.csv",))
    assert recorded_options(settings) == {
        "encoding": "cp1250",
        "sheet": "Sheet1",
        "suppress": '["s3://bucket/dnc.csv"]',
        "cps": "1.0",
        "max_live": "20",
    }
    assert list_path("s3://bucket/list.csv") == "s3://bucket/list.csv"
