"""What the provider's word on the account means for a run, before its first call."""

from __future__ import annotations

from typing import Any

import pytest

from campaign.errors import ConfigError, HaltError, KeyRefusedError
from campaign.model import CallerNumber, Concurrency, Fault, FaultKind, Missing
from campaign.policy import preflight
from campaign.policy.preflight import NOTHING, Caller, Finding

NUMBER = "+14155550199"
POOL = Caller(number=NUMBER)
LISTED = Caller(number=NUMBER, listed=True)


def known(**fields: Any) -> CallerNumber:
    """Return a number of the account with an agent."""
    return CallerNumber(**{"number": NUMBER, "outbound_agents": ("agent_1",), **fields})


@pytest.mark.parametrize(
    ("kind", "per_second", "ceiling"),
    [
        ("retell-twilio", 5.0, None),
        ("retell-twilio", 5.1, "5"),
        ("retell-telnyx", 16.0, None),
        ("retell-telnyx", 17.0, "16"),
        ("custom", 150.0, None),
        ("custom", 151.0, "150"),
        ("carrier-pigeon", 1000.0, None),
        (None, 1000.0, None),
        ("retell-twilio", None, None),
    ],
)
def test_ceilings(kind: str | None, per_second: float | None, ceiling: str | None) -> None:
    """A pace above the ceiling of a number's kind is refused; an unknown kind has none."""
    found = preflight.of_caller(known(kind=kind), POOL, per_second=per_second)
    if ceiling is None:
        assert found == NOTHING
        return
    assert isinstance(found.error, ConfigError)
    told = f"a {kind} number starts at most {ceiling} calls per second; give --cps {ceiling} or"
    assert told in str(found.error)
    assert NUMBER in str(found.error)


@pytest.mark.parametrize(
    ("agents", "has_agents", "refused"),
    [
        (("agent_1",), False, False),
        ((), True, False),
        ((), False, True),
        (None, False, False),
    ],
)
def test_agents(agents: tuple[str, ...] | None, has_agents: bool, refused: bool) -> None:
    """Somebody has to talk: the number's agent, the campaign's, or every row's own.

    A server that tells nothing of agents is taken at its first answer to a create.
    """
    caller = Caller(number=NUMBER, has_agents=has_agents)
    found = preflight.of_caller(known(outbound_agents=agents), caller, per_second=1.0)
    assert refused is isinstance(found.error, HaltError)
    assert refused is ("bind one to it at the provider, or give --agent" in str(found.error))
    assert found.notice is None


@pytest.mark.parametrize(
    ("kind", "caller", "error", "notice", "lacking"),
    [
        (FaultKind.KEY, POOL, KeyRefusedError, None, False),
        (FaultKind.KEY, LISTED, KeyRefusedError, None, False),
        (FaultKind.RUN, POOL, HaltError, None, False),
        (FaultKind.RUN, LISTED, None, "+1********99 cannot be used (no): calls from it", False),
        (FaultKind.ROW, POOL, None, "its caller numbers (no): going on without", False),
        (FaultKind.UNKNOWN, POOL, None, "its caller numbers (no): going on without", True),
        (FaultKind.NOT_SENT, LISTED, None, "its caller numbers (no): going on", True),
        (FaultKind.THROTTLED, POOL, None, "its caller numbers (no): going on without", True),
    ],
)
def test_faults_of_numbers(
    kind: FaultKind,
    caller: Caller,
    error: type[Exception] | None,
    notice: str | None,
    lacking: bool,
) -> None:
    """A number that is not ours halts, one of the list's own is told, no answer stops nothing."""
    found = preflight.of_caller(Fault(kind=kind, message="no"), caller, per_second=1.0)
    assert type(found.error) is (error or type(None))
    assert (notice or "") in (found.notice or "")
    assert (found.notice is None, found.lacking) == (notice is None, lacking)


def test_the_number_that_halts_is_named() -> None:
    """Whoever has many numbers is told which one is meant."""
    fault = Fault(kind=FaultKind.RUN, message="Item not found")
    found = preflight.of_caller(fault, POOL, per_second=None)
    assert str(found.error) == (
        f"the caller number {NUMBER!r} cannot be used: Item not found; nobody was called"
    )


@pytest.mark.parametrize(
    ("limit", "reserved", "lines"), [(20, 0, None), (25, 5, None), (20, 5, 15), (6, 5, 1)]
)
def test_lines(limit: int, reserved: int, lines: int | None) -> None:
    """Who wants more live calls than the account has lines is told the figures."""
    said = Concurrency(current=7, limit=limit, reserved_inbound=reserved)
    notice = (
        f"--max-live is 20, and the account has {lines} lines for outbound calls (a limit of"
        f" {limit}, {reserved} kept for inbound ones): it will not have more calls live at once"
    )
    expected = Finding(notice=None if lines is None else notice)
    assert preflight.of_lines(said, max_live=20) == expected


@pytest.mark.parametrize(("limit", "reserved"), [(0, 0), (3, 5), (5, 5)])
def test_no_line_at_all(limit: int, reserved: int) -> None:
    """A run that could only wait ends before it begins."""
    said = Concurrency(current=0, limit=limit, reserved_inbound=reserved)
    found = preflight.of_lines(said, max_live=20)
    assert isinstance(found.error, HaltError)
    assert f"a limit of {limit}, {reserved} kept for inbound" in str(found.error)


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind is not FaultKind.KEY])
def test_no_answer_about_lines(kind: FaultKind) -> None:
    """Lines that cannot be asked about stop nothing."""
    found = preflight.of_lines(Fault(kind=kind, message="no"), max_live=20)
    assert found.error is None
    assert "cannot be asked about its lines (no)" in (found.notice or "")


def test_a_refused_key() -> None:
    """A key that is refused for one question is refused for all."""
    found = preflight.of_lines(Fault(kind=FaultKind.KEY, message="no"), max_live=20)
    assert isinstance(found.error, KeyRefusedError)


def test_endpoints_that_are_missing() -> None:
    """A compatible server may lack them: what is not checked is told, with the endpoint's name."""
    missing = Missing(message="Cannot GET")
    assert preflight.of_caller(missing, POOL, per_second=1.0) == Finding(
        notice="the server has no get-phone-number: the caller numbers are not checked",
        lacking=True,
    )
    assert preflight.of_lines(missing, max_live=1) == Finding(
        notice="the server has no get-concurrency: the account's lines are not checked",
        lacking=True,
    )


@pytest.mark.parametrize("kind", list(FaultKind))
def test_what_is_asked_again(kind: FaultKind) -> None:
    """Only where no answer came, or too many were asked for, another try may bring one."""
    may = {FaultKind.NOT_SENT, FaultKind.THROTTLED, FaultKind.UNKNOWN}
    assert (kind in may) is preflight.may_ask_again(Fault(kind=kind, message="no"))


@pytest.mark.parametrize("answer", [known(), Missing(message="no")])
def test_answers_are_not_asked_again(answer: object) -> None:
    """An answer is an answer."""
    assert preflight.may_ask_again(answer) is False


ALLOWED = {NUMBER: frozenset({"US", "CA"})}


@pytest.mark.parametrize(
    ("from_number", "country", "expected"),
    [
        (NUMBER, "US", None),
        (NUMBER, "IL", "the caller number may not call IL: allow it at the provider"),
        (NUMBER, None, None),
        ("+14155550198", "IL", None),
    ],
)
def test_countries(from_number: str, country: str | None, expected: str | None) -> None:
    """A number may call the countries that are allowed to it, all where nobody says."""
    assert preflight.barred(ALLOWED, from_number, country) == expected


def test_countries_are_told_once() -> None:
    """One line tells of all numbers that may not call everywhere."""
    assert preflight.where_to({}) is None
    assert preflight.where_to({**ALLOWED, "+442079460018": frozenset({"GB"})}) == (
        "+1********99 may call CA, US only; +4*********18 may call GB only:"
        " contacts elsewhere are not called"
    )
