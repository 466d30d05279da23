"""Where the people of a list may be, all at once: as each of them would be located by itself."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest

from campaign.api.hours import where
from campaign.contacts import read_list, whereabouts
from campaign.contacts.chosen import callable_rows, parted
from campaign.contacts.marking import OUTCOME
from campaign.contacts.whereabouts import Whereabouts

NUMBERS = (
    *("+12125550123", "+12085550124", "+18005550125", "+18765550126", "+17875550127"),
    *("+18675550128", "+447400123456", "+441481960194", "+4930123456", "+61236618300"),
    *("+881612345678", "+16045550129"),
)


def some_people(rng: random.Random, n: int) -> pl.DataFrame:
    """Return rows that say more or less of where they are."""
    rows = []
    for at in range(n):
        number = rng.choice(NUMBERS)
        rows.append(
            {
                "phone": number[:-2] + f"{at % 100:02d}" if rng.random() < 0.7 else number,
                "id": str(at),
                "timezone": rng.choice(("", "", " Europe/Paris ", "America/Denver", "nowhere")),
                "state": rng.choice(("", "", "TX", " Texas", "CA-ON", "Atlantis")),
                "ignore_e164_validation": rng.choice(("", "", "", "true")),
            }
        )
    return pl.DataFrame(rows)


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("more", [{"region_column": "state"}, {}])
def test_as_each_by_itself(
    seed: int, more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All contacts are where hours would look for them, however many are looked at together."""
    people = some_people(random.Random(seed), 300)
    if seed % 2:
        people = people.drop("ignore_e164_validation")
    monkeypatch.setattr(whereabouts, "AT_ONCE", 70)
    listing = read_list(people, key_column="id", locate=True, **more)
    rows = callable_rows(listing.screened)
    places = Whereabouts.of(listing, rows, most=2)
    expected = [
        (one.row, one.key, one.to_number, where(one))
        for batch in listing.contacts()
        for one in batch
    ]
    found = [
        (one.row, one.key, one.to_number, one.location)
        for batch in places.contacts(rows, size=50)
        for one in batch
    ]
    assert expected == found
    groups = places.together(rows)
    of_place = {
        group.location: [(row, number) for row, _, number, at in expected if at == group.location]
        for group in groups
    }
    assert [(len(of_place[one.location]), tuple(of_place[one.location][:2])) for one in groups] == [
        (one.rows, one.first) for one in groups
    ]
    assert rows.height == sum(group.rows for group in groups)
    third = listing.screened["row"] % 3 == 1
    for some in (rows.where(third), rows.where(third & ~third)):
        of_these = {one.location: (one.rows, one.first) for one in places.together(some)}
        of_some = {at: [one for one in named if one[0] % 3 == 1] for at, named in of_place.items()}
        assert of_these == {
            at: (len(named), tuple(named[:2]))
            for at, named in of_some.items()
            if named and some.height
        }


def test_nobody_asks_where() -> None:
    """At any hour everybody is in one place, wherever that is."""
    listing = read_list(pl.DataFrame({"phone": list(NUMBERS[:3])}))
    rows = callable_rows(listing.screened, pl.Series([True, True, False]))
    (group,) = Whereabouts.of(listing, rows).together(rows)
    assert (2, ((0, NUMBERS[0]),)) == (group.rows, group.first)


@pytest.mark.parametrize(
    ("keys", "numbers", "known"),
    [
        ([], [], []),
        (["a"], [], [0]),
        ([], ["+12"], [1]),
        (["a", "x"], ["+12", "+19"], [0, 1]),
        (["forgotten:1"], [], [0, 1, 2]),
        ([], ["forgotten:1"], [0, 1, 2]),
    ],
)
def test_whom_somebody_knows(keys: list[str], numbers: list[str], known: list[int]) -> None:
    """Rows are known by key or by number; a hash may mean any of them."""
    rows = pl.DataFrame(
        {
            "row": [0, 1, 2, 3],
            "key": ["a", "b", "c", "a"],
            "to_number": ["+11", "+12", "+13", None],
            "outcome": [None, None, None, "rejected"],
        },
        schema_overrides={"outcome": OUTCOME},
    )
    found, others = parted(callable_rows(rows), keys=iter(keys), numbers=iter(numbers))
    assert known == found.meant.arg_true().to_list()
    assert [row for row in range(3) if row not in known] == others.meant.arg_true().to_list()
