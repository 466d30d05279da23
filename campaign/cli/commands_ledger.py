"""`status`, `results`, `explain` and `forget`: what is asked of a ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from campaign.cli import options as o
from campaign.cli import pages
from campaign.cli.helping import Page

commands = typer.Typer(rich_markup_mode=None)


@commands.command(cls=Page, epilog=pages.STATUS)
def status(
    name: o.AnyCampaign = None,
    *,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    json: o.Json = False,
) -> None:
    """Show the campaigns of the ledger, or one of them, by outcome.

    Also while a run is on: how many calls are live, who is due next and when.
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.status import status_command

    settings = settings_of({"ledger": ledger, "sandbox": sandbox}, config_file=config)
    status_command(ledger_path(settings, config), name, json=json)


@commands.command(cls=Page, epilog=pages.RESULTS)
def results(
    name: o.CampaignName,
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
    """Write the results file again, from the ledger and the list.

    A list that has changed since the run is refused, unless CONTACTS says which list is meant.
    """
    given = {n: v for n, v in locals().items() if n not in {"config", "name", "contacts"}}
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.results import results_command

    settings = settings_of(given, config_file=config)
    results_command(settings, name, ledger_path(settings, config), source=contacts)


@commands.command(cls=Page, epilog=pages.EXPLAIN)
def explain(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Whose story.")],
    *,
    region: o.Region = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    json: o.Json = False,
) -> None:
    """Tell what is known of one number, oldest first.

    Every attempt, every time it was held or skipped and why, suppressions and verdicts, across
    all campaigns of the ledger, each with the time where the number is.
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.persons import explain_command

    given = {"ledger": ledger, "sandbox": sandbox, "region": region}
    settings = settings_of(given, config_file=config)
    explain_command(ledger_path(settings, config), number, region=settings.region, json=json)


@commands.command(cls=Page, epilog=pages.FORGET)
def forget(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Who is to be forgotten.")],
    *,
    region: o.Region = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    yes: o.Yes = None,
) -> None:
    """Erase a person's number and texts from the ledger.

    A keyed hash stays, so that nobody is called again by being forgotten; a suppression stays.
    Lists and results files are yours to correct.
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.persons import forget_command

    given = {"ledger": ledger, "sandbox": sandbox, "region": region, "yes": yes}
    settings = settings_of(given, config_file=config)
    forget_command(ledger_path(settings, config), number, region=settings.region, yes=settings.yes)
