"""Whom to call, how fast and how often, and from which number."""

from __future__ import annotations

from typing import Annotated

import typer

CALLS = "Calls"

From = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        "-f",
        metavar="NUMBER",
        rich_help_panel=CALLS,
        help="Caller number, E.164; more than one is a pool.",
    ),
]
Agent = Annotated[
    str | None,
    typer.Option(metavar="ID", rich_help_panel=CALLS, help="Agent. [default: the number's own]"),
]
AgentVersion = Annotated[
    str | None, typer.Option(metavar="V", rich_help_panel=CALLS, help="Version or tag of it.")
]
Var = Annotated[
    list[str] | None,
    typer.Option(
        metavar="K=V",
        rich_help_panel=CALLS,
        help="A dynamic variable for every call; a column of that name wins.",
    ),
]
Meta = Annotated[
    list[str] | None,
    typer.Option(metavar="K=V", rich_help_panel=CALLS, help="A metadata entry for every call."),
]
Cps = Annotated[
    str | None,
    typer.Option(
        metavar="N|any",
        rich_help_panel=CALLS,
        help="Calls started per second and caller number. [default: 1]",
    ),
]
MaxLive = Annotated[
    str | None,
    typer.Option(metavar="N", rich_help_panel=CALLS, help="Live calls at once. [default: 20]"),
]
InFlight = Annotated[
    str | None,
    typer.Option(
        metavar="N", rich_help_panel=CALLS, help="Creates on the wire at once. [default: 20]"
    ),
]
Limit = Annotated[
    str | None,
    typer.Option(metavar="N", rich_help_panel=CALLS, help="At most N calls created in this run."),
]
Attempts = Annotated[
    str | None,
    typer.Option(
        metavar="N", rich_help_panel=CALLS, help="Calls to one contact at most. [default: 1]"
    ),
]
RedialAfter = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        rich_help_panel=CALLS,
        help="Wait before attempt 2, 3, ...; the last repeats. [default: 30m,2h,1d]",
    ),
]
RedialOn = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        rich_help_panel=CALLS,
        help="Outcomes that are dialled again. [default: no_answer,busy]",
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        metavar="USD",
        rich_help_panel=CALLS,
        help="No call that could make the campaign cost more than this.",
    ),
]
CostPerCall = Annotated[
    str | None,
    typer.Option(
        metavar="USD",
        rich_help_panel=CALLS,
        help="What a call is expected to cost. [default: from the ledger's history]",
    ),
]
Wait = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        rich_help_panel=CALLS,
        help="Stay for redials that fall due within this time. [default: 0]",
    ),
]
LocalPresence = Annotated[
    bool | None,
    typer.Option(
        "--local-presence",
        rich_help_panel=CALLS,
        help="Call from the number of the pool that is nearest to the contact's.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(metavar="HH:MM|DURATION", rich_help_panel=CALLS, help="Place no call after that."),
]
DrainFor = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        rich_help_panel=CALLS,
        help="How long SIGTERM and SIGHUP go on following live calls. [default: 20s]",
    ),
]
LookupFor = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        rich_help_panel=CALLS,
        help="How long a create of unknown outcome is looked for. [default: 6m]",
    ),
]
Follow = Annotated[
    bool | None,
    typer.Option(
        "--follow/--no-follow",
        rich_help_panel=CALLS,
        help="Wait for live calls to end after the last one is placed. [default: follow]",
    ),
]
DryRun = Annotated[
    bool | None,
    typer.Option("--dry-run", rich_help_panel=CALLS, help="Everything but the requests."),
]
Hours = Annotated[
    str | None,
    typer.Option(
        metavar="HH:MM-HH:MM|any",
        rich_help_panel=CALLS,
        help="When a contact may be called, on the clock where it is; rules by place tighten it,"
        " 'any' lifts hours, days and those rules. [default: 09:00-20:00]",
    ),
]
Days = Annotated[
    str | None,
    typer.Option(metavar="DAYS", rich_help_panel=CALLS, help="On which days. [default: mon-sat]"),
]
Suppress = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE", rich_help_panel=CALLS, help="Numbers never to call; may be repeated."
    ),
]
MaxPerNumber = Annotated[
    list[str] | None,
    typer.Option(
        metavar="N/HOURSh|any",
        rich_help_panel=CALLS,
        help="Calls to one number in any so many hours (3/24h) or days (7/7d), of all campaigns;"
        " may be repeated. [default: 3/24h]",
    ),
]
Only = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER",
        rich_help_panel=CALLS,
        help="A test call with the row of this number, placed to --to.",
    ),
]
To = Annotated[
    str | None,
    typer.Option(metavar="NUMBER", rich_help_panel=CALLS, help="The phone of a test call."),
]
