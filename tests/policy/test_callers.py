"""Which caller number of a pool calls whom."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.policy.callers import choose

POOL = ("+14157774444", "+12125550100", "+13035550100")
TO = "+12125550123"

pools = st.lists(
    st.from_regex(r"\+1[2-9]\d{9}", fullmatch=True), min_size=1, max_size=6, unique=True
)


@settings(max_examples=100)
@given(pools, st.text(), st.booleans(), st.data())
def test_a_number_of_the_pool_is_chosen_and_always_the_same(
    pool: list[str], key: str, near: bool, data: st.DataObject
) -> None:
    """Never a retired one, and none only where all are."""
    retired = data.draw(st.sets(st.sampled_from(pool)))
    chosen = choose(pool, key=key, to_number=TO, retired=retired, near=near)
    assert chosen == choose(pool, key=key, to_number=TO, retired=retired, near=near)
    assert (chosen is None) == (set(pool) == retired)
    assert chosen is None or chosen in set(pool) - retired


@pytest.mark.parametrize("retired", [(), (POOL[1],)])
def test_contacts_are_spread_evenly(retired: tuple[str, ...]) -> None:
    """A third of them each, or half of them each where one is retired."""
    chosen = Counter(
        choose(POOL, key=f"+1415555{number:04d}", to_number=TO, retired=retired)
        for number in range(3000)
    )
    assert set(POOL) - set(retired) == set(chosen)
    even = 3000 / (len(POOL) - len(retired))
    assert all(0.9 * even < count < 1.1 * even for count in chosen.values())


@pytest.mark.parametrize("near", [False, True])
def test_a_retired_number_moves_only_those_it_called(near: bool) -> None:
    """The others keep theirs."""
    for number in range(300):
        to_number = f"+1415555{number:04d}"
        first = choose(POOL, key=str(number), to_number=to_number, near=near)
        then = choose(POOL, key=str(number), to_number=to_number, near=near, retired={POOL[2]})
        assert (first == then) == (first != POOL[2])


@pytest.mark.parametrize(
    ("before", "retired", "again"),
    [
        (POOL[0], (), True),
        (POOL[2], (POOL[0],), True),
        (POOL[0], (POOL[0],), False),
        ("+16175550100", (), False),
        (None, (), False),
    ],
)
@pytest.mark.parametrize("near", [False, True])
def test_the_number_that_called_before_calls_again(
    before: str | None, retired: tuple[str, ...], again: bool, near: bool
) -> None:
    """As long as it is one of the pool and calls at all, the nearest one or not."""
    chosen = choose(POOL, key="k", to_number=TO, before=before, retired=retired, near=near)
    by_key = choose(POOL, key="k", to_number=TO, retired=retired, near=near)
    assert (before if again else by_key) == chosen
    assert chosen not in retired


@pytest.mark.parametrize(
    ("to_number", "retired", "chosen"),
    [
        ("+12125550123", (), {POOL[1]}),
        ("+14155550123", (), {POOL[0]}),
        ("+13065550123", (), {POOL[2]}),
        ("+12125550123", (POOL[1],), {POOL[0], POOL[2]}),
        ("+19075550123", (), set(POOL)),
        ("+442079460000", (), set(POOL)),
        ("100", (), set(POOL)),
        ("+12125550123", POOL, {None}),
    ],
)
def test_near_numbers_share_most_first_digits(
    to_number: str, retired: tuple[str, ...], chosen: set[str | None]
) -> None:
    """The nearest one calls; where several are as near, contacts are spread over them."""
    keys = [f"k{number}" for number in range(40)]
    assert chosen == {
        choose(POOL, key=key, to_number=to_number, retired=retired, near=True) for key in keys
    }
