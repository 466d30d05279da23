"""What is asked of the account before the first call, and what becomes of the answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import campaign
from campaign import config, model
from campaign.api import asking, preflight
from campaign.api.hooks import Hooks
from campaign.api.job import Job, prepare
from campaign.api.preflight import Cleared, Desk, cleared
from campaign.api.provider import account_of
from campaign.errors import ConfigError, HaltError, KeyRefusedError
from campaign.model import CallerNumber, Concurrency, Fault, FaultKind, Missing
from campaign.sandbox.plan import Number
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]
Options = Callable[..., dict[str, Any]]

FROM, OTHER, THIRD = "+14157774444", "+14157774445", "+14157774446"


@pytest.fixture
def notices(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """Return the notices of runs so far, the announcement of a new ledger left out."""
    with caplog.at_level(logging.WARNING, "campaign"):
        yield lambda: [
            record.getMessage()
            for record in caplog.records
            if "new ledger" not in record.getMessage()
        ]


def test_a_number_of_somebody_else(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """A caller number that is not the account's ends the run before a ledger is made."""
    server = serve(numbers={OTHER: Number()})
    with pytest.raises(HaltError, match=r"the caller number '\+14157774444' cannot be used"):
        campaign.run(frame, **options(server))
    assert ({}, False) == (dict(server.sandbox.calls), Path("campaign.db").exists())


def test_a_listed_number_of_somebody_else(
    frame: pl.DataFrame, serve: Serve, options: Options, notices: Any
) -> None:
    """The rows of such a number fail on their own, and that is told before."""
    rows = frame.with_columns(from_number=pl.Series([None, OTHER, FROM, None]))
    result = campaign.run(rows, **options(serve(numbers={FROM: Number()})))
    assert ["placed", "failed", "placed", "rejected"] == result.frame["call_outcome"].to_list()
    (notice,) = notices()
    assert notice.startswith("the list's caller number +1********45 cannot be used")


@pytest.mark.no_cover
@pytest.mark.parametrize("api", ["v2", "v1"])
@pytest.mark.parametrize(
    ("agents", "more", "runs"),
    [
        ([None, None, None, None], {}, False),
        ([None, None, None, None], {"agent": "agent_1"}, True),
        (["a", "b", "c", None], {}, True),
        (["a", None, "c", "d"], {}, False),
    ],
)
def test_a_number_without_an_agent(
    frame: pl.DataFrame,
    serve: Serve,
    options: Options,
    *,
    agents: list[str | None],
    more: dict[str, str],
    runs: bool,
    api: str,
) -> None:
    """A number without an agent will do where every call that is placed names one."""
    server = serve(numbers={FROM: Number(agents=())})
    rows = frame.with_columns(override_agent_id=pl.Series(agents, dtype=pl.String))
    given = options(server, api=api, **more)
    if runs:
        assert campaign.run(rows, **given).summary.outcomes == {"placed": 3, "rejected": 1}
        return
    with pytest.raises(HaltError, match="has no agent for outbound calls"):
        campaign.run(rows, **given)
    assert {} == dict(server.sandbox.calls)


@pytest.mark.parametrize("pool", [FROM, OTHER])
def test_a_pool_number_on_the_list(
    frame: pl.DataFrame, serve: Serve, options: Options, pool: str
) -> None:
    """A number that rows name needs an agent for these rows, whether it is of the pool or not."""
    server = serve(numbers={FROM: Number(agents=()), OTHER: Number()})
    rows = frame.with_columns(
        from_number=pl.Series([FROM, None, None, None]),
        override_agent_id=pl.Series([None, "a", "b", None]),
    )
    with pytest.raises(HaltError, match=r"'\+14157774444' has no agent for outbound calls"):
        campaign.run(rows, **options(server, from_number=pool))


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("kind", "cps", "told"),
    [
        ("retell-twilio", 6, "a retell-twilio number starts at most 5 calls per second"),
        ("retell-twilio", 5, None),
        ("retell-twilio", "any", None),
        ("pigeon", 900, None),
    ],
)
def test_a_pace_above_the_ceiling(
    frame: pl.DataFrame, serve: Serve, options: Options, *, kind: str, cps: Any, told: str | None
) -> None:
    """A pace that a number of its kind cannot have is a mistake in the settings."""
    server = serve(numbers={FROM: Number(kind=kind)})
    given = options(server, cps=cps)
    if told is None:
        assert campaign.run(frame, **given).summary.calls_created == 3
        return
    with pytest.raises(ConfigError, match=told):
        campaign.run(frame, **given)
    assert {} == dict(server.sandbox.calls)


def test_countries(serve: Serve, options: Options, notices: Any) -> None:
    """Who lives where the caller number may not call stays pending, and why is said."""
    server = serve(numbers={FROM: Number(countries=("us",)), OTHER: Number()})
    rows = pl.DataFrame(
        {
            "phone": ["+14155550100", "+442079460018", "+442079460019", "+80012345678"],
            "from_number": [None, None, OTHER, None],
            "ignore_e164_validation": [None, None, None, "true"],
        }
    )
    result = campaign.run(rows, **options(server))
    assert [
        ("placed", None),
        ("pending", "the caller number may not call GB: allow it at the provider"),
        ("placed", None),
        ("placed", None),
    ] == result.frame.select("call_outcome", "call_error").rows()
    assert ["+1********44 may call US only: contacts elsewhere are not called"] == notices()


def test_a_server_that_lacks_the_endpoints(
    frame: pl.DataFrame, serve: Serve, options: Options, notices: Any
) -> None:
    """A compatible server may lack them: each is told once, and the run goes on."""
    lacks = {"GET /get-phone-number/", "GET /get-concurrency"}
    server = serve(lacks=frozenset(lacks))
    result = campaign.run(frame, **options(server, from_number=[FROM, OTHER]))
    assert 3 == result.summary.calls_created
    assert [
        "the server has no get-phone-number: the caller numbers are not checked",
        "the server has no get-concurrency: the account's lines are not checked",
    ] == notices()


def test_fewer_lines_than_wanted(
    frame: pl.DataFrame, serve: Serve, options: Options, notices: Any
) -> None:
    """Who wants more live calls than the account has is told the figures."""
    campaign.run(frame, **options(serve(reserved_inbound=5), max_live=18))
    (notice,) = notices()
    assert "--max-live is 18, and the account has 15 lines" in notice


def test_the_sandbox_inside(frame: pl.DataFrame, notices: Any) -> None:
    """The same is asked of the sandbox in the process, which has room for everybody."""
    with pytest.raises(ConfigError, match="a custom number starts at most 150 calls per second"):
        campaign.run(frame, from_number=FROM, hours="any", sandbox=True, cps=151)
    result = campaign.run(
        frame, from_number=FROM, hours="any", sandbox=True, cps="any", max_live=30, follow=False
    )
    assert ([], 3) == (notices(), result.summary.calls_created)


def test_a_dry_run_asks_nobody(frame: pl.DataFrame, serve: Serve, options: Options) -> None:
    """A dry run stays without the network."""
    server = serve(numbers={})
    assert campaign.run(frame, **options(server, dry_run=True)).summary.rows == 4
    assert [] == server.sandbox.log


class Account:
    """A provider that answers as it is told, and counts what it was asked."""

    def __init__(self, numbers: Sequence[Any], lines: Sequence[Any] = ()) -> None:
        self.asked: list[str] = []
        self._numbers = iter(numbers)
        self._lines = iter(lines or [Concurrency(current=0, limit=100)])

    async def caller_number(self, number: str) -> Any:
        """Give the next answer."""
        self.asked.append(number)
        return next(self._numbers)

    async def concurrency(self) -> Any:
        """Give the next answer."""
        self.asked.append("lines")
        return next(self._lines)


KNOWN = CallerNumber(number=FROM, outbound_agents=("agent_1",))
SLOW = Fault(kind=FaultKind.UNKNOWN, message="no answer came")
BUSY = Fault(kind=FaultKind.THROTTLED, message="slower", retry_after_s=0.001)


def ask(provider: Account, frame: pl.DataFrame, *numbers: str) -> tuple[Cleared, list[str]]:
    """Return what a run may rely on, and the notices."""
    told: list[str] = []
    settings = config.load(
        {"from_number": list(numbers or [FROM]), "hours": "any", "sandbox": True}, environ={}
    )

    async def work() -> Cleared:
        job: Job = await prepare(settings, frame, config=None, hooks=Hooks(notify=told.append))
        return await cleared(Desk.of(job), provider)  # type: ignore[arg-type]

    return asyncio.run(work()), told


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BACKOFF_S", 0.001)


def test_patience(frame: pl.DataFrame) -> None:
    """A question without an answer is asked three times in all."""
    provider = Account([SLOW, BUSY, KNOWN], [SLOW, SLOW, Concurrency(current=0, limit=20)])
    assert (Cleared(agents=frozenset({"agent_1"})), []) == ask(provider, frame)
    assert [FROM] * 3 + ["lines"] * 3 == provider.asked


def test_patience_ends(frame: pl.DataFrame) -> None:
    """After three tries the run goes on without; the other numbers are not asked about."""
    provider = Account([SLOW] * 3, [SLOW] * 3)
    _, told = ask(provider, frame, FROM, OTHER)
    assert [FROM] * 3 + ["lines"] * 3 == provider.asked
    assert [
        f"the provider cannot be asked about its {what} (no answer came): going on without"
        for what in ("caller numbers", "lines")
    ] == [line.removesuffix(" that check") for line in told]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([SLOW, BUSY, model.Account(org_id="org_1")], "org_1"),
        ([SLOW, SLOW, SLOW], "cannot be asked whose key this is"),
        ([Fault(kind=FaultKind.KEY, message="HTTP 401")], "HTTP 401"),
    ],
)
def test_whose_key_it_is_is_asked_again(answers: list[Any], said: str) -> None:
    """One answer that does not come does not end a run; three do, and a refused key at once."""
    left = iter(answers)

    class Asked:
        async def account(self) -> Any:
            return next(left)

    try:
        found = asyncio.run(account_of(Asked(), print))  # type: ignore[arg-type]
    except HaltError as error:
        found = str(error)
    assert said in (found or "")
    assert [] == list(left)


def test_a_question_that_is_refused(frame: pl.DataFrame) -> None:
    """A refusal of one question is not asked again, and says nothing of the next number."""
    refused = Fault(kind=FaultKind.ROW, message="HTTP 400")
    provider = Account([refused, KNOWN])
    _, told = ask(provider, frame, FROM, OTHER)
    assert ([FROM, OTHER, "lines"], 1) == (provider.asked, len(told))


@pytest.mark.parametrize("at", ["number", "lines"])
def test_a_key_that_is_refused(frame: pl.DataFrame, at: str) -> None:
    """A key that is refused ends the run, whatever was asked."""
    refused = Fault(kind=FaultKind.KEY, message="HTTP 401")
    provider = Account([refused if at == "number" else KNOWN], [refused])
    with pytest.raises(KeyRefusedError, match="check RETELL_API_KEY"):
        ask(provider, frame)


def test_many_numbers_on_the_list(frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool is asked about first, then some of the list's own numbers, each once."""
    monkeypatch.setattr(preflight, "MOST_LISTED", 2)
    rows = frame.with_columns(from_number=pl.Series([OTHER, FROM, THIRD, None]))
    provider = Account([KNOWN] * 3)
    ask(provider, rows)
    assert [FROM, OTHER, "lines"] == provider.asked


def test_a_missing_answer_about_numbers_ends_the_questions(frame: pl.DataFrame) -> None:
    """A server without the endpoint is asked once."""
    provider = Account([Missing(message="no")], [Missing(message="no")])
    _, told = ask(provider, frame, FROM, OTHER)
    assert ([FROM, "lines"], 2) == (provider.asked, len(told))
