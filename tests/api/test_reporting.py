"""What a report tells of a campaign, and what keeps it from being written."""

from __future__ import annotations

import asyncio
import errno
import math
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.api import again, reporting
from campaign.api.again import frame_again, write_again
from campaign.api.forgetting import forget
from campaign.api.opening import existing_ledger
from campaign.api.reporting import report, report_path
from campaign.api.sources import recorded_options
from campaign.api.standing import _stand
from campaign.api.surveying import Survey
from campaign.config import Settings
from campaign.contacts.screen import read_list
from campaign.errors import CampaignError, ConfigError, OutputError, UsageError
from campaign.ledger.lock import hold
from campaign.ledger.sqlite import SqliteLedger
from campaign.model import Begun, Call, Campaign, Event, EventKind, Hold, Intent, Run
from campaign.outcomes.report.facts import Facts, Reason

T0 = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
NOW = T0 + timedelta(hours=3)
LEDGER = Path("campaign.db")
ROWS = """phone_number,name,timezone
+14155550100,a,
+14155550101,b,Europe/Berlin
+14155550102,c,
+14155550102,again,
+14155550103,d,
12,e,
"""
LOST = "timeout"


def numbered(n: int) -> str:
    """Return the number of a contact."""
    return f"+14155550{100 + n}"


class Past:
    """A campaign whose list is `spring.csv`, and what it did."""

    def __init__(self, ledger: SqliteLedger) -> None:
        self.ledger = ledger
        self.runs: list[tuple[int, datetime]] = []

    async def called(
        self, n: int, ends: str | None, *, at_s: float = 0.0, attempt: int = 1, **said: Any
    ) -> None:
        """Call contact `n`; without an end it is not known whether there was a call."""
        at = T0 + timedelta(seconds=at_s)
        begun = await self._begun(n, at, attempt)
        if ends is None:
            kind = EventKind.AMBIGUOUS
            await self.ledger.record(Event(id=begun.id, kind=kind, at=at, error=LOST))
            return
        call_id = f"call_{n}_{attempt}"
        for kind, status in ((EventKind.CREATED, "registered"), (EventKind.ENDED, "ended")):
            call = Call(
                call_id=call_id,
                status=status,
                **({"disconnection_reason": ends, "ended_at": at, **said} if ends else {}),
            )
            await self.ledger.record(Event(id=begun.id, kind=kind, at=at, call=call))

    async def _begun(self, n: int, at: datetime, attempt: int) -> Begun:
        begun = await self.ledger.begin(
            Intent(
                campaign="spring",
                contact_key=numbered(n),
                attempt=attempt,
                attempt_id=f"att_{n}_{attempt}",
                to_number=numbered(n),
                from_number="+14155550199",
                agent_id=None,
                at=at,
                starts_at=at,
            )
        )
        assert isinstance(begun, Begun)
        return begun

    async def ran(self, *, until_s: float | None = 3600.0, **counted: int) -> None:
        """Record a run and what it counted."""
        run = Run(campaign="spring", started_at=T0, pid=1)
        run_id = await self.ledger.start_run(run)
        if until_s is not None:
            await self.ledger.end_run(
                run_id,
                Run(
                    campaign="spring",
                    started_at=T0,
                    pid=1,
                    ended_at=T0 + timedelta(seconds=until_s),
                    rows=sum(counted.values()),
                    outcomes=counted,
                    next_due=T0 + timedelta(days=2),
                ),
            )

    async def held(self, n: int, kind: str, reason: str, at_s: float = 60.0) -> None:
        """Record why a contact was not called."""
        await self.ledger.hold(
            [
                Hold(
                    campaign="spring",
                    contact_key=numbered(n),
                    to_number=numbered(n),
                    at=T0 + timedelta(seconds=at_s),
                    kind=kind,
                    reason=reason,
                )
            ]
        )


Tell = Callable[[Past], Any]


@pytest.fixture
def past(folder: Path) -> Callable[..., None]:
    """Return a writer of the past of the campaign `spring`, whose list is in the folder."""
    (folder / "spring.csv").write_text(ROWS, encoding="utf-8")

    def write(tell: Tell, options: dict[str, str] | None = None, **settings: Any) -> None:
        async def written() -> None:
            ledger = SqliteLedger.open(LEDGER)
            listing = read_list("spring.csv")
            kept = recorded_options(Settings.model_validate(settings))
            await ledger.open_campaign(
                Campaign(
                    name="spring",
                    campaign_id="cmp_spring",
                    key_column="",
                    list_path=str((folder / "spring.csv").resolve()),
                    list_hash=listing.content_hash,
                    created_at=T0,
                    options=kept if options is None else options,
                )
            )
            await tell(Past(ledger))
            await ledger.aclose()

        asyncio.run(written())

    return write


@pytest.fixture
def facts() -> Callable[[], Facts]:
    """Return a surveyor of the campaign `spring`."""

    async def surveyed() -> Facts:
        async with existing_ledger(LEDGER) as ledger:
            known = await ledger.campaign("spring")
            assert known is not None
            survey = Survey(
                settings=Settings(), ledger=ledger, known=known, running=False, now=NOW, flags=""
            )
            return await survey.facts()

    return lambda: asyncio.run(surveyed())


async def usual(past: Past) -> None:
    """Reach one, reach another the second time, leave one in doubt, hold one."""
    await past.ran(answered=2, unknown=1, pending=1, suppressed=1, rejected=1)
    await past.called(0, "user_hangup", duration_s=30.0, cost_usd=0.1)
    await past.called(1, "dial_busy", cost_usd=0.01)
    await past.called(1, "agent_hangup", at_s=600, attempt=2, duration_s=90.0, cost_usd=0.3)
    await past.called(2, None, at_s=60)
    await past.held(3, "hold", "the hours: at 09:00")


def test_a_campaign_and_its_list(past: Any, facts: Any) -> None:
    """Rows are those of the list as it is, with why each was not called."""
    past(usual, cps="2", max_live=7)
    found = facts()
    outcomes = {"answered": 2, "unknown": 1, "pending": 1, "suppressed": 1, "rejected": 1}
    assert (6, outcomes, None) == (found.rows, dict(found.outcomes), found.list_note)
    assert {
        ("pending", "the hours: at 09:00"),
        ("suppressed", "duplicate: same number as row 3"),
        ("rejected", "no country code: write it with + or give --region"),
    } == {(one.outcome, one.text) for one in found.reasons}
    assert [(numbered(2), 3, "unknown", LOST)] == [
        (need.number, need.row, need.outcome, need.error) for need in found.needs
    ]
    assert (3, 0.41, 0, 1) == (
        found.calls_created,
        round(found.spent_usd, 9),
        found.live,
        found.runs_count,
    )
    assert [(1, 2, 1), (2, 1, 1)] == [(s.number, s.calls, s.answered) for s in found.steps]
    assert (7, 2.0) == (found.load.max_live, found.load.per_second_limit)
    assert (120.0, 2) == (found.durations.total, found.durations.count)
    assert T0 + timedelta(days=2) == found.next_due


def test_hours_are_those_of_the_list(past: Any, facts: Any) -> None:
    """A contact whose row has a time zone is on that clock, others on that of their number."""
    past(usual)
    assert [(7, 1, 1), (16, 2, 1)] == [
        (hour.hour, hour.calls, hour.answered) for hour in facts().clocks.hours
    ]


def test_a_region_that_the_number_called_has_not(past: Any, facts: Any, folder: Path) -> None:
    """A region of another country than the number that was called is left aside."""
    text = f"crm,phone_number,state\n{numbered(0)},+442079460000,Kent\n"
    (folder / "spring.csv").write_text(text, encoding="utf-8")

    async def tell(past: Past) -> None:
        await past.called(0, "user_hangup")

    past(tell, key="crm", region_column="state")
    assert [(7, 1)] == [(hour.hour, hour.calls) for hour in facts().clocks.hours]


@pytest.mark.parametrize("change", ["edited", "gone"])
def test_a_list_that_is_not_what_it_was(past: Any, facts: Any, folder: Path, change: str) -> None:
    """The rows are told as the last run recorded them, and the page says so."""
    past(usual)
    if change == "gone":
        (folder / "spring.csv").unlink()
    else:
        (folder / "spring.csv").write_text(f"{ROWS}+14155550109,f,\n", encoding="utf-8")
    found = facts()
    assert 6 == found.rows == sum(found.outcomes.values())
    assert {"answered": 2, "unknown": 1, "pending": 1, "suppressed": 1, "rejected": 1} == dict(
        found.outcomes
    )
    assert "spring.csv" in found.list_note
    assert found.list_note.endswith("it recorded no reason.")
    assert (Reason(outcome="pending", text="the hours: at 09:00", rows=1),) == found.reasons
    assert [None] == [need.row for need in found.needs]


def test_reasons_that_were_recorded(past: Any, facts: Any, folder: Path) -> None:
    """Only those of the last run that ended count, the newest of each contact; skips are skips."""

    async def tell(past: Past) -> None:
        await past.ran(pending=4)
        await past.ran(until_s=None)
        await past.held(0, "hold", "old", at_s=-5)
        await past.held(1, "hold", "first", at_s=5)
        await past.held(1, "skip", "last", at_s=6)
        await past.held(2, "skip", "last", at_s=6)

    past(tell)
    (folder / "spring.csv").unlink()
    found = facts()
    assert (Reason(outcome="skipped", text="last", rows=2),) == found.reasons
    assert 1 == found.reasons_count


@pytest.mark.no_cover
def test_a_campaign_that_never_ran(past: Any, facts: Any, folder: Path) -> None:
    """Without a run and without a list there is nothing to tell, and that is no error."""

    async def nothing(_: Past) -> None:
        pass

    past(nothing)
    assert (6, {"pending": 4, "suppressed": 1, "rejected": 1}, None) == (
        facts().rows,
        dict(facts().outcomes),
        facts().next_due,
    )
    (folder / "spring.csv").unlink()
    assert (0, {}, ()) == (facts().rows, dict(facts().outcomes), facts().runs)


def test_whoever_was_forgotten_is_still_called(past: Any, facts: Any) -> None:
    """A row whose number the ledger has erased counts as what its call came to."""
    past(usual)
    assert 1 == asyncio.run(forget(LEDGER, numbered(0), region=None))
    found = facts()
    assert {"answered": 2, "unknown": 1, "pending": 1, "suppressed": 1, "rejected": 1} == dict(
        found.outcomes
    )
    assert (1, 2) == (found.clocks.left_out, sum(hour.calls for hour in found.clocks.hours))


def test_outcomes_are_those_of_the_results(past: Any, facts: Any) -> None:
    """The page counts rows as the results file has them."""
    past(usual)
    frame = asyncio.run(frame_again(Settings(), "spring", LEDGER, write=False))
    counted = dict(frame["call_outcome"].value_counts().iter_rows())
    assert counted == dict(facts().outcomes)


def test_a_file_is_written_without_a_frame_of_it(
    past: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only who asks for the frame gets one: it may be larger than the memory."""
    past(usual)
    frame = asyncio.run(frame_again(Settings(), "spring", LEDGER, write=False))
    monkeypatch.setattr(again, "whole", None)
    out = asyncio.run(write_again(Settings(out="again.csv"), "spring", LEDGER))
    assert Path("again.csv") == out
    found = pl.read_csv("again.csv", infer_schema=False)["call_outcome"].to_list()
    assert frame["call_outcome"].cast(pl.String).to_list() == found


def test_the_next_redial(past: Any, facts: Any) -> None:
    """It is what `status` says: the first of those that wait."""

    async def busy(past: Past) -> None:
        await usual(past)
        await past.called(3, "dial_busy", at_s=1200)
        # Has had its calls: never due.
        await past.called(4, "dial_busy")
        await past.called(4, "dial_busy", at_s=60, attempt=2)

    async def due() -> datetime | None:
        async with existing_ledger(LEDGER) as ledger:
            known = await ledger.campaign("spring")
            assert known is not None
            return _stand(ledger, known, None)[1]

    past(busy, attempts=2, redial_after="1h")
    assert T0 + timedelta(seconds=1200 + 3600) == facts().next_due == asyncio.run(due())


def test_a_list_that_was_no_file(past: Any) -> None:
    """A campaign of a frame is told as it was recorded."""

    async def tell(past: Past) -> None:
        frame = Campaign(name="frame", campaign_id="cmp_f", created_at=T0)
        await past.ledger.open_campaign(frame)

    past(tell)
    page = made("frame").read_text(encoding="utf-8")
    assert "The list of campaign &#39;frame&#39; was no file." in page


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("options", "limits"),
    [
        ({}, (None, None)),
        ({"cps": "any", "max_live": "3"}, (3, math.inf)),
        ({"cps": "0.5", "max_live": "3"}, (3, 0.5)),
    ],
)
def test_limits(past: Any, facts: Any, options: dict[str, str], limits: tuple[Any, Any]) -> None:
    """A limit that no run recorded is not known, and no default is taken for one."""
    past(usual, options=options)
    load = facts().load
    assert limits == (load.max_live, load.per_second_limit)


def made(name: str = "spring", out: str = "page.html", **more: Any) -> Path:
    """Write a report and return where it is."""
    settings = Settings.model_validate(more)
    asyncio.run(report(settings, name, LEDGER, out=Path(out), now=NOW, flags=""))
    return Path(out)


def test_a_page_is_written_in_one_step(past: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of before is there, whole, until the new one takes its place."""
    past(usual)
    page = made()
    assert "<h1><bdi>spring</bdi></h1>" in page.read_text(encoding="utf-8")
    page.write_text("the page of before", encoding="utf-8")

    def full(_: Path) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(reporting, "replaced", full)
    with pytest.raises(OutputError, match=r"cannot write 'page\.html': No space left on device"):
        made()
    assert "the page of before" == page.read_text(encoding="utf-8")
    assert {"campaign.db", "page.html", "spring.csv"} >= {
        path.name for path in Path().iterdir() if not path.name.startswith("campaign.db")
    }


@pytest.mark.no_cover
def test_a_run_that_is_on(past: Any) -> None:
    """The page says that a run is under way."""
    past(usual)
    with hold(LEDGER, "spring"):
        assert "<strong>Running</strong>" in made().read_text(encoding="utf-8")
    assert "Not running" in made().read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "out", "error", "said"),
    [
        ("sprin", "page.html", ConfigError, "no campaign 'sprin' in .*; it has 'spring'; --ledger"),
        ("spring", "page.pdf", UsageError, r"'page\.pdf' is none; end --out with \.html"),
        ("spring", "no/page.html", OutputError, "there is no folder"),
        ("spring", "folder.html", OutputError, "it is there and is no file"),
        ("spring", "list.htm", UsageError, "is also an input"),
    ],
)
def test_what_keeps_a_page_from_being_written(
    past: Any, name: str, out: str, error: type[CampaignError], said: str
) -> None:
    """One line says what is wrong and what to do."""
    past(usual)
    Path("folder.html").mkdir()
    Path("list.htm").symlink_to("spring.csv")
    with pytest.raises(error, match=said):
        made(name, out)
    assert ROWS == Path("spring.csv").read_text(encoding="utf-8")


def test_without_a_ledger(folder: Path) -> None:
    """No ledger is made for the asking."""
    with pytest.raises(ConfigError, match=r"there is no ledger 'campaign\.db'"):
        made()
    assert [] == list(folder.iterdir())


def test_campaigns_that_could_have_been_meant(past: Any, folder: Path) -> None:
    """Those spelled alike come first, then the newest; a great many are only counted."""

    async def many(past: Past) -> None:
        for n in range(7):
            await past.ledger.open_campaign(
                Campaign(name=f"c{n}", campaign_id=f"cmp_{n}", created_at=T0)
            )

    past(many)
    with pytest.raises(ConfigError, match="it has 'spring', 'c6', 'c5', 'c4', 'c3' and 3 more;"):
        made("sprong")
    asyncio.run(SqliteLedger.open(folder / "new.db").aclose())
    with pytest.raises(ConfigError, match="it has none yet;"):
        asyncio.run(report(Settings(), "x", Path("new.db"), out=Path("x.html"), now=NOW))


def test_without_the_extra(past: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the extra and how to get it, before anything is read."""
    past(usual)
    for module in [name for name in sys.modules if name.startswith("campaign.outcomes.report.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delattr("campaign.outcomes.report.page", raising=False)
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(ConfigError, match=r"extra 'report'.*pip install 'campaign\[report\]'"):
        made()


@pytest.mark.parametrize(
    ("name", "out", "path"),
    [
        ("spring", None, "spring.report.html"),
        ("spring", "x/y.htm", "x/y.htm"),
        ("a/b\\c:d\n", None, "a-b-c-d.report.html"),
        ("../..", None, "campaign.report.html"),
        ("-x", None, "x.report.html"),
        ("\u00fc" * 150, None, "\u00fc" * 100 + ".report.html"),
        ("spring (test)", None, "spring (test).report.html"),
    ],
)
def test_where_a_report_goes(name: str, out: str | None, path: str) -> None:
    """A campaign's name becomes a file in this folder, whatever it is."""
    assert Path(path) == report_path(name, out)
