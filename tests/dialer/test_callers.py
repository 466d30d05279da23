"""The caller numbers of a run."""

from __future__ import annotations

from campaign.dialer.callers import Callers
from campaign.model import Contact

POOL = ("+14157774444", "+12125550100", "+13035550100")
OWN = "+16175550100"


def contact(key: str = "k", to_number: str = "+12125550123", own: str | None = None) -> Contact:
    """Return a contact, which may have a caller number of its own."""
    return Contact(row=0, key=key, to_number=to_number, from_number=own)


def test_a_contacts_own_number_wins() -> None:
    """Over the pool, over the nearest, over the one before; retired, there is none."""
    callers = Callers(POOL, near=True)
    assert OWN == callers.of(contact(own=OWN), POOL[0])
    callers.retire(OWN)
    assert None is callers.of(contact(own=OWN), POOL[0])
    assert (frozenset({OWN}), False) == (callers.retired, callers.exhausted)


def test_a_contact_keeps_its_number() -> None:
    """The one before, as long as it calls; else always the same one of the pool."""
    callers = Callers(POOL, near=False)
    first = callers.of(contact(), None)
    assert first in POOL
    assert {first} == {callers.of(contact(), None) for _ in range(5)}
    assert all(number == callers.of(contact(), number) for number in POOL)
    assert first == callers.of(contact(), "+16175550199")


def test_the_nearest_number_calls_where_that_is_asked_for() -> None:
    """A contact in New York hears from New York."""
    keys = [f"k{number}" for number in range(50)]
    near, any_of = Callers(POOL, near=True), Callers(POOL, near=False)
    assert {POOL[1]} == {near.of(contact(key), None) for key in keys}
    assert set(POOL) == {any_of.of(contact(key), None) for key in keys}


def test_a_pool_is_exhausted_when_all_of_it_is_retired() -> None:
    """Retired numbers call nobody, the others go on in their place."""
    callers = Callers(POOL, near=False)
    for number in POOL:
        assert not callers.exhausted
        callers.retire(number)
        assert callers.of(contact(), number) not in callers.retired
    assert (True, None) == (callers.exhausted, callers.of(contact(), None))
    assert frozenset(POOL) == callers.retired


def test_an_empty_pool_is_not_exhausted() -> None:
    """Contacts may all have numbers of their own."""
    callers = Callers((), near=False)
    assert (None, OWN) == (callers.of(contact(), None), callers.of(contact(own=OWN), None))
    assert not callers.exhausted
