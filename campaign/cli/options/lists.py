"""What the list's columns are, and what is asked of its rows."""

from __future__ import annotations

from typing import Annotated

import typer

from campaign.cli.completing import campaigns
from campaign.policy.identity import campaign_name

LIST = "List"

Contacts = Annotated[
    str | None,
    typer.Argument(
        metavar="CONTACTS",
        help="The list: .csv, .xlsx, .parquet, .ndjson, a folder, or - for CSV on stdin.",
    ),
]
CampaignName = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="The campaign.", parser=campaign_name, autocompletion=campaigns
    ),
]
AnyCampaign = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME",
        help="One campaign. [default: all]",
        parser=campaign_name,
        autocompletion=campaigns,
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
Strict = Annotated[
    bool | None,
    typer.Option("--strict", rich_help_panel=LIST, help="Any rejected row: exit 65, no call."),
]
TimezoneColumn = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", rich_help_panel=LIST, help="Column of time zones. [default: timezone]"
    ),
]
CleanVariables = Annotated[
    bool | None,
    typer.Option(
        "--clean-variables",
        rich_help_panel=LIST,
        help="Take out of values what cannot be sent, instead of rejecting the row.",
    ),
]
Expects = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        rich_help_panel=LIST,
        help="The variables that the prompt uses: what is missing or too much is told.",
    ),
]
