"""The commands: their options, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from campaign import __version__
from campaign.cli import options as o

app = typer.Typer(
    name="campaign",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer's callback
    if value:
        typer.echo(f"campaign {__version__}")
        raise typer.Exit


Version = Annotated[
    bool,
    typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
]


@app.callback()
def top(*, version: Version = False) -> None:
    """Batch outbound AI phone-call campaigns: from a contact list to results."""


@app.command()
def run(
    contacts: o.Contacts = None,
    *,
    from_number: o.From = None,
    out: o.Out = None,
    name: o.Name = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    agent: o.Agent = None,
    agent_version: o.AgentVersion = None,
    var: o.Var = None,
    meta: o.Meta = None,
    phone_column: o.PhoneColumn = None,
    key: o.Key = None,
    region: o.Region = None,
    encoding: o.Encoding = None,
    sheet: o.Sheet = None,
    cps: o.Cps = None,
    max_live: o.MaxLive = None,
    in_flight: o.InFlight = None,
    limit: o.Limit = None,
    hours: o.Hours = None,
    until: o.Until = None,
    lookup_for: o.LookupFor = None,
    drain_for: o.DrainFor = None,
    follow: o.Follow = None,
    drop_machine: o.DropMachine = None,
    api: o.Api = None,
    base_url: o.BaseUrl = None,
    sandbox: o.Sandbox = None,
    dry_run: o.DryRun = None,
    strict: o.Strict = None,
    rejects: o.Rejects = None,
    attempts_out: o.AttemptsOut = None,
    excel_safe: o.ExcelSafe = None,
    yes: o.Yes = None,
    progress: o.Progress = None,
    json: o.Json = False,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = None,
) -> None:
    """Read the list, place the calls that are due, follow them, write the results.

    Try it without calling anybody:

        campaign run contacts.csv --from +14157774444 --hours any --sandbox

    Run it again with the same list and it goes on where it was: nobody is called twice.
    """
    given = {
        name: value for name, value in locals().items() if name not in {"config", "json", "verbose"}
    }
    from campaign.cli import logs
    from campaign.cli.flags import settings_of
    from campaign.cli.run import run_command

    settings = settings_of({**given, "verbose": verbose or None}, config_file=config)
    logs.set_up(verbose=settings.verbose, quiet=settings.quiet)
    raise typer.Exit(run_command(settings, config=config, json=json))


@app.command()
def check(
    contacts: o.Contacts = None,
    *,
    from_number: o.From = None,
    name: o.Name = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    phone_column: o.PhoneColumn = None,
    key: o.Key = None,
    region: o.Region = None,
    encoding: o.Encoding = None,
    sheet: o.Sheet = None,
    cps: o.Cps = None,
    sandbox: o.Sandbox = None,
    strict: o.Strict = None,
    rejects: o.Rejects = None,
    json: o.Json = False,
) -> None:
    """Read and screen the list as `run` does: no call, no network.

    campaign check contacts.csv --region US
    """
    given = {name: value for name, value in locals().items() if name not in {"config", "json"}}
    from campaign.cli.check import check_command
    from campaign.cli.flags import settings_of

    check_command(settings_of(given, config_file=config), config=config, json=json)


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One campaign.")] = None,
    *,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
    json: o.Json = False,
) -> None:
    """Show the campaigns of the ledger, or one of them, by outcome."""
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.status import status_command

    settings = settings_of({"ledger": ledger, "sandbox": sandbox}, config_file=config)
    status_command(ledger_path(settings, config), name, json=json)


@app.command()
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


@app.command()
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
        int, typer.Option(metavar="N", min=1, help="Live calls the simulated account may have.")
    ] = 20,
    seed: Annotated[int, typer.Option(metavar="N", help="Chooses what becomes of calls.")] = 0,
) -> None:
    """Serve a simulated provider on loopback, v1 and v2: nobody is called.

    Any key is good. In another terminal:

        RETELL_API_KEY=try campaign run contacts.csv --from +14157774444 --hours any
        --base-url http://127.0.0.1:8765
    """
    from campaign.cli.sandbox import sandbox_command

    sandbox_command(host=host, port=port, speed=speed, lines=lines, seed=seed)


@app.command()
def sync(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One campaign.")] = None,
    *,
    config: o.Config = None,
    ledger: o.Ledger = None,
    api: o.Api = None,
    base_url: o.BaseUrl = None,
) -> None:
    """Ask the provider about calls that are live or unknown, and record what it says.

    Nobody is called. `campaign results NAME` then writes the results file again.
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.upkeep import sync_command

    given = {"ledger": ledger, "api": api, "base_url": base_url}
    settings = settings_of(given, config_file=config)
    sync_command(settings, ledger_path(settings, config), name)


@app.command()
def stop(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign.")],
    *,
    hang_up: Annotated[bool, typer.Option("--hang-up", help="End the live calls too.")] = False,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
) -> None:
    """Ask the run of a campaign to place no new call; live ones are followed to their end."""
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.upkeep import stop_command

    settings = settings_of({"ledger": ledger, "sandbox": sandbox}, config_file=config)
    stop_command(ledger_path(settings, config), name, hang_up=hang_up)


@app.command()
def resolve(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign.")],
    numbers: Annotated[
        list[str] | None, typer.Argument(metavar="NUMBER...", help="Whose calls are meant.")
    ] = None,
    *,
    called: Annotated[
        bool | None,
        typer.Option("--called/--not-called", help="Whether the call was made."),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="All contacts of unknown outcome.")
    ] = False,
    region: o.Region = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    sandbox: o.Sandbox = None,
) -> None:
    """Say of contacts whose outcome is unknown whether they were called.

    --called: they count as called. --not-called: they are due again, as a new attempt.
    """
    from campaign.api.sources import ledger_path
    from campaign.cli.flags import settings_of
    from campaign.cli.upkeep import resolve_command

    given = {"ledger": ledger, "sandbox": sandbox, "region": region}
    settings = settings_of(given, config_file=config)
    path = ledger_path(settings, config)
    resolve_command(
        path, name, numbers or [], called=called, everybody=everybody, region=settings.region
    )
