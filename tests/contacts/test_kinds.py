"""Numbers that are taken for being in the same place are there, by themselves."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
import polars as pl
import pytest
from phonenumbers import PhoneNumberFormat

from campaign.contacts import kinds
from campaign.contacts.kinds import alike
from campaign.contacts.zones import Locator

FAMILIES = ("US", "CA", "JM", "PR", "GB", "GG", "RU", "KZ", "AU", "DE", "BR", "IT")
TYPES = (0, 1, 3, 4, 6)  # fixed line, mobile, toll-free, premium rate, personal


def numbers(rng: random.Random, regions: tuple[str, ...], each: int) -> Iterator[str]:
    """Yield valid numbers of all kinds, near to the examples of their regions."""
    for region in regions:
        for kind in TYPES:
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            text = phonenumbers.format_number(example, PhoneNumberFormat.E164)
            for n in range(each):
                own = text[: -(1 + n % 7)]
                own += "".join(rng.choice("0123456789") for _ in range(len(text) - len(own)))
                number = phonenumbers.parse(own)
                if phonenumbers.is_valid_number(number):
                    yield phonenumbers.format_number(number, PhoneNumberFormat.E164)


def differing(texts: list[str]) -> tuple[int, list[tuple[str, str]]]:
    """Return how many numbers stand for all, and those that are not where theirs is."""
    found = alike(pl.Series(texts, dtype=pl.String))
    assert sorted(texts) == sorted(found["number"])
    known = {text: Locator().locate(text) for text in found["sample"].unique()}
    return len(known), [
        (number, sample)
        for number, sample, whole in found.iter_rows()
        if Locator().locate(number) != known[sample] or whole > is_whole(number)
    ]


def is_whole(number: str) -> bool:
    """Tell whether a locator takes a number for one that stands for its whole block."""
    locator = Locator()
    locator.locate(number)
    return locator.knows(number)


def test_where_numbers_are() -> None:
    """Of every kind and country that matters, a number is where the one is that stands for it."""
    texts = sorted(set(numbers(random.Random(5), FAMILIES, 28)))
    samples, wrong = differing(texts)
    assert [] == wrong
    assert samples < len(texts) / 4


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_where_numbers_of_all_countries_are() -> None:
    """The same holds for every region that there is."""
    regions = tuple(sorted(phonenumbers.SUPPORTED_REGIONS))
    texts = sorted(set(numbers(random.Random(6), regions, 150)))
    samples, wrong = differing(texts)
    assert [] == wrong
    assert samples < len(texts) / 10


def test_few_numbers() -> None:
    """A few numbers of a country stand for themselves each: patterns would take longer."""
    texts = ["+12125550123", "+12125550124", "+493012345678"]
    assert {text: text for text in texts} == dict(
        alike(pl.Series(texts)).select("number", "sample").iter_rows()
    )
    assert alike(pl.Series(dtype=pl.String)).is_empty()


def test_what_cannot_be_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a pattern cannot be used, or a number would be read in another way, each is itself."""
    texts = [f"+1212555{n:04d}" for n in range(50)]
    monkeypatch.setattr(kinds, "of_types", lambda *_: pl.lit("x").str.contains("("))
    found = alike(pl.Series(texts))
    assert found["number"].to_list() == found["sample"].to_list()
    assert not found["whole"].any()
