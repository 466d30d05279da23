"""`suppress add`, `remove` and `list`: the numbers that nobody calls."""

from __future__ import annotations

from typing import Annotated

import typer

from campaign.cli import options as o
from campaign.cli import pages
from campaign.cli.helping import Page, Pages

commands = typer.Typer(
    name="suppress",
    cls=Pages,
    epilog=pages.SUPPRESS,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Keep the list of numbers that nobody calls.\n\n"
    "It is in the ledger and holds for all its campaigns, also while a run is on.",
)

Numbers = Annotated[list[str], typer.Argument(metavar="NUMBER...", help="Phone numbers.")]


@commands.command(cls=Page, epilog=pages.SUPPRESS)
def add(
    numbers: Numbers,
    *,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why, as the results tell it.")
    ] = None,
    region: o.Region = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
) -> None:
    """Put numbers on the suppression list."""
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.suppress import add_command

    given = {"ledger": ledger, "sandbox": sandbox, "region": region}
    settings = settings_of(given, config_file=config)
    add_command(ledger_path(settings, config), numbers, reason=reason, region=settings.region)


@commands.command(cls=Page, epilog=pages.SUPPRESS)
def remove(
    numbers: Numbers,
    *,
    region: o.Region = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
) -> None:
    """Take numbers off the suppression list; that is remembered too."""
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.suppress import remove_command

    given = {"ledger": ledger, "sandbox": sandbox, "region": region}
    settings = settings_of(given, config_file=config)
    remove_command(ledger_path(settings, config), numbers, region=settings.region)


@commands.command(name="list", cls=Page, epilog=pages.SUPPRESS)
def list_(
    *,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    json: o.Json = False,
) -> None:
    """Show the suppression list, oldest first."""
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.suppress import list_command

    settings = settings_of({"ledger": ledger, "sandbox": sandbox}, config_file=config)
    list_command(ledger_path(settings, config), json=json)
