"""`report`: its options, and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from campaign.cli import options as o
from campaign.cli import pages
from campaign.cli.helping import Page

commands = typer.Typer(rich_markup_mode=None)


@commands.command(cls=Page, epilog=pages.REPORT)
def report(
    name: o.CampaignName,
    *,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="FILE", help="The page. [default: NAME.report.html]"),
    ] = None,
    full_numbers: Annotated[
        bool | None,
        typer.Option("--full-numbers", help="Show whole phone numbers instead of +1*******23."),
    ] = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    quiet: o.Quiet = None,
) -> None:
    """Write one HTML page about a campaign, with plots.

    Outcomes, hours, attempts, lines, cost, reasons, and who needs a person. It needs nothing but a
    browser, also without a network; light and dark, on paper, on a telephone. Phone numbers are
    masked. While a run is on, it shows how far it is.

    Needs `pip install 'campaign[report]'`.
    """
    from campaign.cli.flags import settings_of
    from campaign.cli.report import report_command

    given = {"full_numbers": full_numbers, "ledger": ledger, "sandbox": sandbox, "quiet": quiet}
    # `out` is the results file where it is a setting.
    report_command(settings_of(given, config_file=config), name, out=out, config=config)
