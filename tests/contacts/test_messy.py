"""Lists as people have them: read or refused as written down, and never a column shifted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from campaign.contacts import read_list
from campaign.errors import ListError

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "messy" / "cases.json").read_text()
)


@pytest.mark.no_cover
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any], tmp_path: Path) -> None:
    """Every row has the verdict and the values written down, or the list the error."""
    path = tmp_path / f"list{case['suffix']}"
    path.write_bytes(case["content"].encode("latin-1"))
    if "error" in case:
        with pytest.raises(ListError) as caught:
            read_list(path, region=case["region"])
        assert case["error"] in str(caught.value)
        assert caught.value.hint
        return
    listing = read_list(path, region=case["region"])
    verdicts = listing.screened.select("to_number", "reason").rows()
    assert len(verdicts) == len(case["rows"])
    values = listing.frame.drop(listing.phone_column).collect().rows()
    for (number, reason), cells, expected in zip(verdicts, values, case["rows"], strict=True):
        called, why, *others = expected
        assert (reason or "").startswith(why or "")
        assert (reason is None) == (why is None)
        assert list(cells) == others
        if called is not None:
            assert number == called


def test_there_are_enough_cases() -> None:
    """The cases are many and all different."""
    assert len({case["name"] for case in CASES}) == len(CASES) >= 60
