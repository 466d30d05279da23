"""The page: one HTML file that needs nothing else, runs nothing, and fetches nothing.

There is no script in it. Its policy forbids scripts, requests and every style but its own, whose
hash it names: even a text that got past the escaping could do nothing. The template escapes
whatever it is given; only the plots, drawn and escaped by `drawing`, go in as they are.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from importlib import resources
from shlex import quote

import jinja2
from markupsafe import Markup

from campaign.model import Outcome, Run
from campaign.outcomes.columns import FORGOTTEN
from campaign.outcomes.report import people, quantities
from campaign.outcomes.report.facts import Facts, Need
from campaign.outcomes.report.figure import Figure, Table
from campaign.outcomes.report.wording import clock_of, count, dollars, moment, plain, share
from campaign.policy.masking import mask

FOLDER = "templates"

ENDED = {
    None: "to its end",
    "signal": "by a signal",
    "stop": "by campaign stop",
    "until": "at --until",
    "limit": "at --limit",
    "budget": "by the budget",
    "halt": "by a refusal",
    "killed": "killed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number worth a big letter, what it is, and the part of the page that tells more of it."""

    value: str
    name: str
    note: str = ""
    alarming: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a person can do about a kind of contact."""

    name: str
    told: str
    commands: tuple[str, ...] = ()


def render(facts: Facts, zone: tzinfo) -> str:
    """Return a report as HTML; equal facts give equal pages. Times are on the clock of `zone`."""
    style = _text("page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(_text),
    )
    return environment.get_template("page.html").render(
        style=Markup(style),  # noqa: S704 - a file of ours
        digest=digest,
        name=_plain(facts, facts.campaign),
        list_path=_plain(facts, facts.list_path) if facts.list_path else "a list that was no file",
        list_note=_plain(facts, facts.list_note) if facts.list_note else "",
        since=moment(facts.since, zone),
        made_at=moment(facts.made_at, zone),
        clock=clock_of(facts.made_at, zone),
        running=facts.running,
        live=count(facts.live, "call"),
        numbers=list(_numbers(facts, zone)),
        needs=_needs(facts, zone),
        needs_count=facts.needs_count,
        needs_more=_more(facts),
        advice=list(_advice(facts)),
        blocks=_blocks(facts, zone),
        runs=_runs(facts, zone),
        runs_more=facts.runs_count - len(facts.runs),
        masked=not facts.full_numbers,
    )


def _blocks(facts: Facts, zone: tzinfo) -> tuple[tuple[tuple[Figure, ...], ...], ...]:
    """Return the figures in blocks of two columns."""
    return (
        (
            (people.outcomes(facts), people.steps(facts), people.hours(facts.clocks)),
            (
                people.not_called(facts),
                quantities.durations(facts.durations),
                quantities.costs(facts.costs),
            ),
        ),
        ((quantities.live(facts.load, zone),), (quantities.pace(facts.load, zone),)),
    )


def _text(name: str) -> str:
    return (resources.files(__package__) / FOLDER / name).read_text(encoding="utf-8")


def _plain(facts: Facts, text: str) -> str:
    return plain(text, full_numbers=facts.full_numbers)


def _numbers(facts: Facts, zone: tzinfo) -> Iterator[Number]:
    answered = facts.outcomes.get(Outcome.ANSWERED, 0)
    yield Number(value=f"{facts.rows:,}", name="rows of the list")
    yield Number(value=f"{facts.calls_created:,}", name="calls created")
    yield Number(value=f"{answered:,}", name="answered", note=share(answered, facts.rows))
    open_calls = f"{count(facts.unpriced, 'call')} without a price yet" if facts.unpriced else ""
    yield Number(value=dollars(facts.spent_usd), name="spent", note=open_calls)
    yield Number(
        value=f"{facts.needs_count:,}",
        name="need a person" if facts.needs_count != 1 else "needs a person",
        alarming=facts.needs_count > 0,
        link="needs" if facts.needs else "",
    )
    due = None if facts.next_due is None else facts.next_due.astimezone(zone)
    yield Number(
        value="nobody" if due is None else f"{due:%H:%M}",
        name="next due",
        note="" if due is None else f"{due:%a %d %b %Y}",
    )


def _needs(facts: Facts, zone: tzinfo) -> Table | None:
    if not facts.needs:
        return None
    return Table(
        header=("Number", "Row", "Outcome", "Last attempt", "Why"),
        rows=tuple(_need(facts, one, zone) for one in facts.needs),
    )


def _need(facts: Facts, one: Need, zone: tzinfo) -> tuple[str, ...]:
    number = one.number if facts.full_numbers else mask(one.number)
    if one.number.startswith(FORGOTTEN):
        number = "forgotten"
    key = "" if one.key in {one.number, number} else f" ({_plain(facts, one.key)})"
    if one.key.startswith(FORGOTTEN):
        key = ""
    return (
        plain(number, full_numbers=True) + key,
        "" if one.row is None else f"{one.row:,}",
        f"{one.outcome}, not sent" if one.kept else one.outcome,
        f"{moment(one.at, zone)}, no. {one.attempt}",
        _plain(facts, one.error),
    )


def _more(facts: Facts) -> str:
    if facts.needs_count == len(facts.needs):
        return ""
    return f"And {count(facts.needs_count - len(facts.needs), 'more contact')}."


def _advice(facts: Facts) -> Iterator[Advice]:
    """Yield what to do, for the kinds of contacts that are there."""
    name = plain(f"{quote(facts.campaign)}{facts.flags}", full_numbers=True, most=1000)
    kinds = {(one.outcome, one.kept) for one in facts.needs}
    if ("unknown", False) in kinds:
        yield Advice(
            name="Unknown",
            told="A call may exist: the program never dials these again. Let it ask the provider"
            " once more; then look into the provider's call history, and say what you found.",
            commands=(
                *(() if "--sandbox" in facts.flags else (f"campaign sync {name}",)),
                f"campaign resolve {name} --called NUMBER",
                f"campaign resolve {name} --not-called NUMBER",
            ),
        )
    if ("failed", False) in kinds:
        yield Advice(
            name="Failed",
            told="The provider refused the row, and no call was made. This campaign does"
            " not try it again: correct it, and call it in another campaign.",
        )
    if ("failed", True) in kinds:
        yield Advice(
            name="Failed, not sent",
            told="Nothing left this machine, or the provider took nothing. The next run of the"
            " campaign tries again.",
        )
    if facts.needs:
        yield Advice(
            name="All of them",
            told="The results file has every row with its reason"
            + ("." if facts.full_numbers else "; a report with whole numbers is made on request."),
            commands=(
                f"campaign results {name}",
                *(() if facts.full_numbers else (f"campaign report {name} --full-numbers",)),
            ),
        )


def _runs(facts: Facts, zone: tzinfo) -> Table | None:
    if not facts.runs:
        return None
    return Table(
        header=("Began", "Ended", "How", "Calls"),
        rows=tuple(_run(facts, run, zone) for run in facts.runs),
    )


def _run(facts: Facts, run: Run, zone: tzinfo) -> tuple[str, ...]:
    ended = "" if run.ended_at is None else moment(run.ended_at, zone)
    how = ENDED.get(run.stopped_by, _plain(facts, run.stopped_by or ""))
    if run.ended_at is None:
        how = "running" if facts.running else "no end was recorded"
    return moment(run.started_at, zone), ended, how, f"{run.calls_created:,}"
