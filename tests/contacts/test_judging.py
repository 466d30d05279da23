"""Columns of phone cells get the verdicts that single cells get."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.contacts import judging, numbering
from campaign.contacts.judging import judge_cells
from campaign.contacts.numbering import PLAIN, decide, plan_of
from campaign.contacts.phone import judge

REGIONS = ("US", "GB", "DE", "BR", "AR", "IT", "CN", "MX", "AU", "RU", "GG", "FI", "SM", "HU", "CI")


def verdicts(
    cells: Sequence[str | None], region: str | None
) -> list[tuple[str | None, str | None]]:
    """Return the verdicts on single cells."""
    return [(v.number, v.reason) for v in (judge(cell or "", region) for cell in cells)]


def spoiled(rng: random.Random) -> str:
    """Return a number of some region: right, or wrong in one of the usual ways."""
    example = phonenumbers.example_number(rng.choice(REGIONS))
    assert example is not None
    code = str(example.country_code)
    digits = phonenumbers.national_significant_number(example)
    match rng.randrange(6):
        case 0:
            digits = digits[:-4] + f"{rng.randrange(10_000):04d}"
        case 1:
            digits = "".join(rng.choice("0123456789") for _ in digits)
        case 2:
            digits = rng.choice(("0", "1", "8", "06", "15")) + digits
        case 3:
            digits = digits[: -rng.randint(1, 4)]
        case 4:
            digits += f"{rng.randrange(1000)}"
        case _:
            code, digits = "", f"{rng.randrange(10**6, 10**15)}"
    return f"+{code}{digits}"


def written(rng: random.Random) -> str:
    """Return a cell as people write them, with or without a country code."""
    number = spoiled(rng)
    match rng.randrange(7):
        case 0:
            return number[2:]
        case 1:
            return (
                f"({rng.randrange(200, 1000)}) {rng.randrange(1000):03d}-{rng.randrange(10**4):04d}"
            )
        case 2:
            return f" 1.{rng.randrange(10**9, 10**10)} "
        case 3:
            return "".join(sign + rng.choice(("", "", " ", "-", ".")) for sign in number)
        case 4:
            return rng.choice(("tel:", "'", "\u00a0")) + number
        case 5:
            return number + rng.choice((".0", ".5", "x12", "E+10", "\n"))
        case _:
            return number


@pytest.mark.parametrize("few", [0, 40])
@pytest.mark.parametrize("region", [None, "US", "CA", "GB", "FI"])
def test_same_verdicts(region: str | None, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Number and reason are those of `judge`, whatever way a cell went."""
    monkeypatch.setattr(numbering, "FEW", few)
    rng = random.Random(few)
    cells: list[str | None] = [spoiled(rng) for _ in range(400)]
    cells += [written(rng) for _ in range(400)] + [None, "", " "]
    found = judge_cells(pl.Series(cells, dtype=pl.String), region)
    assert found.rows() == verdicts(cells, region)


@settings(max_examples=25)
@given(
    cells=st.lists(st.text(st.sampled_from("+0123456789 ().-'")) | st.text(), max_size=8),
    region=st.sampled_from([None, "US", "DE"]),
)
def test_any_cells(cells: list[str], region: str | None) -> None:
    """Any texts at all have the same verdicts as a column and one by one."""
    assert judge_cells(pl.Series(cells, dtype=pl.String), region).rows() == verdicts(cells, region)


def test_usual_cells_need_no_second_look() -> None:
    """Valid E.164 and numbers as Americans write them never reach the slow way."""

    def never(texts: pl.Series, _: str | None) -> pl.DataFrame:
        raise AssertionError(texts.to_list())

    plain = [f"+1415555{n:04d}" for n in range(100)] + [f"+4420794609{n:02d}" for n in range(100)]
    assert judge_cells(pl.Series(plain), None, rest=never)["to_number"].to_list() == plain
    cells = [f"(415) 555-{n:04d}" for n in range(50)] + [f"1 415 555 {n:04d}" for n in range(50)]
    found = judge_cells(pl.Series(cells), "US", rest=never)
    assert found["to_number"].to_list() == [*plain[:50], *plain[:50]]


def test_patterns_that_rust_does_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan whose pattern cannot be used leaves its numbers undecided."""
    broken = numbering.Area(leading=None, valid=pl.col(numbering.NUMBER).str.contains("(?!1)"))
    plan = plan_of(44)
    replaced = replace(plan, areas=(broken,))
    for room in (numbering, judging):
        monkeypatch.setattr(room, "plan_of", lambda _: replaced)
    cells = pl.Series([f"+4420794609{n:02d}" for n in range(100)])
    assert decide(pl.DataFrame({"plain": cells}).with_row_index("at")).is_empty()
    assert judge_cells(cells, None)["to_number"].to_list() == cells.to_list()


@pytest.mark.no_cover
def test_every_plan_can_be_built() -> None:
    """All country codes have patterns that the engine takes, and decide their own examples."""
    numbers = [
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        if (example := phonenumbers.example_number(region)) is not None
    ]
    cells = pl.Series([number for number in numbers for _ in range(numbering.FEW)])
    frame = pl.DataFrame({"plain": cells}).with_row_index("at")
    usual = frame.filter(pl.col("plain").str.contains(PLAIN))
    decided = decide(usual).filter(pl.col("finding") == numbering.VALID)
    assert decided.height > 0.99 * usual.height
    assert decided.join(usual, on="at").select((pl.col("number") == pl.col("plain")).all()).item()
