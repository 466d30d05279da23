"""The command line: all commands under one name."""

from __future__ import annotations

from typing import Annotated

import typer

from campaign import __version__
from campaign.cli import (
    commands_calls,
    commands_ledger,
    commands_report,
    commands_suppress,
    commands_upkeep,
    pages,
)
from campaign.cli.helping import Pages
from campaign.cli.say import line

app = typer.Typer(
    name="campaign",
    cls=Pages,
    epilog=pages.TOP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer's callback
    if value:
        line(f"campaign {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
]


@app.callback()
def top(*, version: Version = False) -> None:
    """Call the people on a list with an AI voice agent, and write down what became of each.

    A list goes in, calls are created through Retell's API at the pace you allow, the same list
    comes out with the outcome of each call beside it. Nobody is called twice.
    """


app.add_typer(commands_calls.commands)
app.add_typer(commands_ledger.commands)
app.add_typer(commands_report.commands)
app.add_typer(commands_suppress.commands)
app.add_typer(commands_upkeep.commands)
