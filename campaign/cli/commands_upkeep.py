"""`sync`, `stop`, `resolve` and `sandbox`: what is done besides running campaigns."""

from __future__ import annotations

from typing import Annotated

import typer

from campaign.cli import options as o
from campaign.cli import pages
from campaign.cli.helping import Page

commands = typer.Typer(rich_markup_mode=None)


@commands.command(cls=Page, epilog=pages.SYNC)
def sync(
    name: o.AnyCampaign = None,
    *,
    config: o.Config = None,
    ledger: o.Ledger = None,
    api: o.Api = None,
    base_url: o.BaseUrl = None,
) -> None:
    """Ask the provider about calls that are live or unknown.

    What it says is recorded; nobody is called. `campaign results NAME` then writes the results
    file again.
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.upkeep import sync_command

    given = {"ledger": ledger, "api": api, "base_url": base_url}
    settings = settings_of(given, config_file=config)
    sync_command(settings, ledger_path(settings, config), name)


@commands.command(cls=Page, epilog=pages.STOP)
def stop(
    name: o.CampaignName,
    *,
    hang_up: Annotated[bool, typer.Option("--hang-up", help="End the live calls too.")] = False,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
) -> None:
    """Ask a running campaign to place no new call.

    Live calls are followed to their end, the results are written, and the run ends with 75.
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.upkeep import stop_command

    settings = settings_of({"ledger": ledger, "sandbox": sandbox}, config_file=config)
    stop_command(ledger_path(settings, config), name, hang_up=hang_up)


@commands.command(cls=Page, epilog=pages.RESOLVE)
def resolve(
    name: o.CampaignName,
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="NUMBER...", help="Whose calls are meant.")
    ] = None,
    *,
    called: Annotated[bool, typer.Option("--called", help="The call was made.")] = False,
    not_called: Annotated[
        bool, typer.Option("--not-called", help="No call was made: due again.")
    ] = False,
    everybody: Annotated[
        bool, typer.Option("--all", help="All contacts of unknown outcome.")
    ] = False,
    region: o.Region = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
) -> None:
    """Say whether contacts of unknown outcome were called.

    Look into the provider's call history first. --called: they count as called. --not-called:
    they are due again, as a new attempt.
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.upkeep import resolve_command, verdict_of

    given = {"ledger": ledger, "sandbox": sandbox, "region": region}
    settings = settings_of(given, config_file=config)
    path = ledger_path(settings, config)
    verdict = verdict_of(
        numbers or [],
        called=called,
        not_called=not_called,
        everybody=everybody,
        region=settings.region,
    )
    resolve_command(path, name, verdict)


@commands.command(cls=Page, epilog=pages.SANDBOX)
def sandbox(
    *,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="Port; 0 takes a free one.")
    ] = 8765,
    host: Annotated[str, typer.Option(metavar="HOST", help="A loopback address.")] = "127.0.0.1",
    speed: Annotated[
        float, typer.Option(metavar="X", min=0.001, help="How much faster than life calls run.")
    ] = 60.0,
    lines: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            help="Live calls the simulated account may have; a new real account has 20.",
        ),
    ] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", help="Chooses what becomes of calls.")] = 0,
) -> None:
    """Serve a simulated provider on this machine: nobody is called.

    Both versions of the API, for tries and tests of a whole set-up. Calls with a webhook on this
    machine get their events posted there.
    """
    from campaign.cli.sandbox import sandbox_command

    sandbox_command(host=host, port=port, speed=speed, lines=lines, seed=seed)
