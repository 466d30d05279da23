"""`run`, `check` and `init`: their options, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from campaign.cli import options as o

commands = typer.Typer(rich_markup_mode=None)


@commands.command()
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
    """Read the list, place the calls that are due, follow them, write the results.

    Try it without calling anybody:

        campaign run contacts.csv --from +14157774444 --hours any --sandbox

    Run it again with the same list and it goes on where it was: nobody is called twice.
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


@commands.command()
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
    """Decide about every row as `run` would now: no call, and no network without --preflight.

    campaign check contacts.csv --region US
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


@commands.command()
def init(
    file: Annotated[
        str, typer.Argument(metavar="FILE", envvar="CAMPAIGN_CONFIG", help="What to write.")
    ] = "campaign.toml",
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
) -> None:
    """Write a campaign.toml to start from: every setting, its default, and what it is for.

    With the list and the caller number in it, one short line is a whole run:

        campaign init spring.toml
        campaign check -c spring.toml
        campaign run -c spring.toml
    """
    from campaign.cli.init import init_command

    init_command(file, force=force)
