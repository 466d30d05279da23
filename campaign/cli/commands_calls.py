"""`run`, `check` and `init`: their options, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from campaign.cli import options as o
from campaign.cli import pages
from campaign.cli.helping import Page

commands = typer.Typer(rich_markup_mode=None)


@commands.command(cls=Page, epilog=pages.RUN)
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
    timezone_column: o.TimezoneColumn = None,
    region: o.Region = None,
    encoding: o.Encoding = None,
    sheet: o.Sheet = None,
    clean_variables: o.CleanVariables = None,
    expects: o.Expects = None,
    cps: o.Cps = None,
    max_live: o.MaxLive = None,
    in_flight: o.InFlight = None,
    limit: o.Limit = None,
    attempts: o.Attempts = None,
    redial_after: o.RedialAfter = None,
    redial_on: o.RedialOn = None,
    budget: o.Budget = None,
    cost_per_call: o.CostPerCall = None,
    wait: o.Wait = None,
    hours: o.Hours = None,
    days: o.Days = None,
    suppress: o.Suppress = None,
    max_per_number: o.MaxPerNumber = None,
    until: o.Until = None,
    lookup_for: o.LookupFor = None,
    drain_for: o.DrainFor = None,
    follow: o.Follow = None,
    local_presence: o.LocalPresence = None,
    webhook_port: o.WebhookPort = None,
    drop_machine: o.DropMachine = None,
    preflight: o.Preflight = None,
    api: o.Api = None,
    base_url: o.BaseUrl = None,
    sandbox: o.Sandbox = None,
    only: o.Only = None,
    to: o.To = None,
    dry_run: o.DryRun = None,
    strict: o.Strict = None,
    rejects: o.Rejects = None,
    attempts_out: o.AttemptsOut = None,
    transcripts: o.Transcripts = None,
    excel_safe: o.ExcelSafe = None,
    refresh: o.Refresh = None,
    ping: o.Ping = None,
    yes: o.Yes = None,
    progress: o.Progress = None,
    log_format: o.LogFormat = None,
    show_config: o.ShowConfig = None,
    json: o.Json = False,
    verbose: o.Verbose = 0,
    quiet: o.Quiet = None,
) -> None:
    """Call whoever is due on a list, and write the results.

    The list is read and screened, calls are placed at the pace you allow, and the list comes out
    again with what happened beside each row. Run the same command again and it goes on where it
    was: nobody is called twice, whatever interrupted it.

    On a terminal you are asked before anybody is called for real.
    """
    given = {
        name: value for name, value in locals().items() if name not in {"config", "json", "verbose"}
    }
    from campaign.cli.flags import settings_of
    from campaign.cli.run import run_command

    given["verbose"] = verbose or None
    settings = settings_of(given, config_file=config)
    if settings.show_config:
        _show_config(given, config, json=json)
        return
    raise typer.Exit(run_command(settings, config=config, json=json))


@commands.command(cls=Page, epilog=pages.CHECK)
def check(
    contacts: o.Contacts = None,
    *,
    from_number: o.From = None,
    name: o.Name = None,
    config: o.Config = None,
    ledger: o.Ledger = None,
    phone_column: o.PhoneColumn = None,
    agent: o.Agent = None,
    var: o.Var = None,
    key: o.Key = None,
    timezone_column: o.TimezoneColumn = None,
    region: o.Region = None,
    encoding: o.Encoding = None,
    sheet: o.Sheet = None,
    clean_variables: o.CleanVariables = None,
    expects: o.Expects = None,
    cps: o.Cps = None,
    max_live: o.MaxLive = None,
    attempts: o.Attempts = None,
    redial_after: o.RedialAfter = None,
    redial_on: o.RedialOn = None,
    cost_per_call: o.CostPerCall = None,
    wait: o.Wait = None,
    hours: o.Hours = None,
    days: o.Days = None,
    suppress: o.Suppress = None,
    max_per_number: o.MaxPerNumber = None,
    preflight: o.Preflight = None,
    api: o.Api = None,
    base_url: o.BaseUrl = None,
    sandbox: o.Sandbox = None,
    strict: o.Strict = None,
    rejects: o.Rejects = None,
    full_numbers: o.FullNumbers = None,
    show_config: o.ShowConfig = None,
    json: o.Json = False,
    quiet: o.Quiet = None,
) -> None:
    """Tell what a run would do with each row: nobody is called.

    Counts by reason, with a few rows of each, and a forecast of time and money. Nothing is sent
    anywhere without --preflight, which asks the account about key, numbers and lines.
    """
    given = {name: value for name, value in locals().items() if name not in {"config", "json"}}
    from campaign.cli.check import check_command
    from campaign.cli.flags import settings_of

    settings = settings_of(given, config_file=config)
    if settings.show_config:
        _show_config(given, config, json=json)
        return
    check_command(settings, config=config, json=json)


def _show_config(given: Mapping[str, Any], config: str | None, *, json: bool) -> None:
    from campaign.cli.show_config import show_config

    show_config(given, config=config, json=json)


@commands.command(cls=Page, epilog=pages.INIT)
def init(
    file: Annotated[
        str, typer.Argument(metavar="FILE", envvar="CAMPAIGN_CONFIG", help="What to write.")
    ] = "campaign.toml",
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
) -> None:
    """Write a campaign.toml to start from.

    It has every setting with its default and what it is for, all of it commented out. Nothing is
    overwritten without --force.
    """
    from campaign.cli.init import init_command

    init_command(file, force=force)
