"""The options of the commands, each written once; their values are checked by the settings."""

from __future__ import annotations

from typing import Annotated

import typer

CALLS = "Calls"
LIST = "List"
FILES = "Files"
PROVIDER = "Provider"
OUTPUT = "Output"

Contacts = Annotated[
    str | None,
    typer.Argument(
        metavar="CONTACTS",
        help="The list: .csv, .xlsx, .parquet, .ndjson, a folder, or - for CSV on stdin.",
    ),
]
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
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        rich_help_panel=FILES,
        help="Results: .csv or .parquet. [default: STEM.results.EXT]",
    ),
]
Name = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        rich_help_panel=LIST,
        help="The campaign: the same name continues it. [default: the list's stem]",
    ),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="CAMPAIGN_CONFIG",
        rich_help_panel=FILES,
        help="Settings in TOML. [default: campaign.toml if there]",
    ),
]
Ledger = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        rich_help_panel=FILES,
        help="What has been done. [default: campaign.db, campaign.sandbox.db with --sandbox]",
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
PhoneColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", rich_help_panel=LIST, help="Column of the phone numbers."),
]
Key = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        rich_help_panel=LIST,
        help="Column that identifies a contact. [default: its number]",
    ),
]
Region = Annotated[
    str | None,
    typer.Option(metavar="XX", rich_help_panel=LIST, help="Region of numbers without +."),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", rich_help_panel=LIST, help="Encoding of the list. [default: found]"
    ),
]
Sheet = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", rich_help_panel=LIST, help="Sheet of a workbook. [default: found]"
    ),
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
Hours = Annotated[
    str | None,
    typer.Option(
        metavar="any",
        rich_help_panel=CALLS,
        help="When contacts may be called: 'any' hour (needed; this version knows no rules).",
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
DropMachine = Annotated[
    bool | None,
    typer.Option("--drop-machine", rich_help_panel=PROVIDER, help="v1: hang up on machines."),
]
Api = Annotated[
    str | None, typer.Option(metavar="v2|v1", rich_help_panel=PROVIDER, help="[default: v2]")
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        rich_help_panel=PROVIDER,
        help="Also RETELL_BASE_URL. [default: https://api.retellai.com]",
    ),
]
Sandbox = Annotated[
    bool | None,
    typer.Option(
        "--sandbox",
        rich_help_panel=PROVIDER,
        help="A simulated provider in this process: no key, no network, nobody is called.",
    ),
]
DryRun = Annotated[
    bool | None,
    typer.Option("--dry-run", rich_help_panel=CALLS, help="Everything but the requests."),
]
Strict = Annotated[
    bool | None,
    typer.Option("--strict", rich_help_panel=LIST, help="Any rejected row: exit 65, no call."),
]
Rejects = Annotated[
    str | None,
    typer.Option(metavar="FILE", rich_help_panel=FILES, help="Rejected rows with reasons."),
]
AttemptsOut = Annotated[
    str | None, typer.Option(metavar="FILE", rich_help_panel=FILES, help="One row per attempt.")
]
ExcelSafe = Annotated[
    bool | None,
    typer.Option(
        "--excel-safe",
        rich_help_panel=FILES,
        help="Neutralise formulas in the list's own cells too.",
    ),
]
Yes = Annotated[
    bool | None,
    typer.Option("--yes", "-y", rich_help_panel=OUTPUT, help="Do not ask before calling."),
]
Progress = Annotated[
    str | None,
    typer.Option(metavar="auto|bar|none", rich_help_panel=OUTPUT, help="[default: auto]"),
]
Json = Annotated[
    bool,
    typer.Option("--json", rich_help_panel=OUTPUT, help="One JSON document on stdout."),
]
Verbose = Annotated[
    int,
    typer.Option("--verbose", "-v", count=True, rich_help_panel=OUTPUT, help="Log more."),
]
Quiet = Annotated[
    bool | None,
    typer.Option("--quiet", "-q", rich_help_panel=OUTPUT, help="Say nothing unless it matters."),
]
