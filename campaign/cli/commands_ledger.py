"""`status`, `results`, `explain` and `forget`: what is asked of a ledger."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from campaign.cli import options as o

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
def status(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One campaign.")] = None,
    *,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    json: o.Json = False,
) -> None:
    """Show the campaigns of the ledger, or one of them with its live calls and what is due next.

    Also while a run is on, from another terminal, in the folder of its ledger:

        campaign status

        campaign status contacts
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.status import status_command

    settings = settings_of({"ledger": ledger, "sandbox": sandbox}, config_file=config)
    status_command(ledger_path(settings, config), name, json=json)


@commands.command()
def results(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign.")],
    contacts: o.Contacts = None,
    *,
    out: o.Out = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    rejects: o.Rejects = None,
    attempts_out: o.AttemptsOut = None,
    excel_safe: o.ExcelSafe = None,
) -> None:
    """Write the results file again, from the ledger and the list."""
    given = {n: v for n, v in locals().items() if n not in {"config", "name", "contacts"}}
    from campaign.api.again import results_again
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.say import say

    settings = settings_of(given, config_file=config)
    path = ledger_path(settings, config)
    again = asyncio.run(results_again(settings, name, path, source=contacts))
    say(f"results: {again.out}")


@commands.command()
def explain(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Whose story.")],
    *,
    region: o.Region = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    json: o.Json = False,
) -> None:
    """Tell every attempt, skip and reason for one number, across campaigns, oldest first."""
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.persons import explain_command

    given = {"ledger": ledger, "sandbox": sandbox, "region": region}
    settings = settings_of(given, config_file=config)
    explain_command(ledger_path(settings, config), number, region=settings.region, json=json)


@commands.command()
def forget(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Who is to be forgotten.")],
    *,
    region: o.Region = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    yes: o.Yes = None,
) -> None:
    """Erase a person's number and what calls said from the ledger.

    A keyed hash stays, so that nobody is called again by being forgotten; a suppression stays.
    Lists and results files are yours to correct.
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.persons import forget_command

    given = {"ledger": ledger, "sandbox": sandbox, "region": region, "yes": yes}
    settings = settings_of(given, config_file=config)
    forget_command(ledger_path(settings, config), number, region=settings.region, yes=settings.yes)
