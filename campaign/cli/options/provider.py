"""Whom to ask for calls, and how."""

from __future__ import annotations

from typing import Annotated

import typer

PROVIDER = "Provider"

WebhookPort = Annotated[
    str | None,
    typer.Option(
        metavar="N",
        rich_help_panel=PROVIDER,
        help="Also take the provider's webhooks on this port; 0 takes a free one.",
    ),
]
DropMachine = Annotated[
    bool | None,
    typer.Option("--drop-machine", rich_help_panel=PROVIDER, help="v1: hang up on machines."),
]
Api = Annotated[
    str | None,
    typer.Option(
        metavar="v2|v1", rich_help_panel=PROVIDER, help="Version of the API. [default: v2]"
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        rich_help_panel=PROVIDER,
        help="Also RETELL_BASE_URL. [default: https://api.retellai.com]",
    ),
]
Sandbox = Annotated[
    bool | None,
    typer.Option(
        "--sandbox",
        rich_help_panel=PROVIDER,
        help="A simulated provider in this process: no key, no network, nobody is called.",
    ),
]
Preflight = Annotated[
    bool | None,
    typer.Option(
        "--preflight",
        rich_help_panel=PROVIDER,
        help="Ask the account about key, numbers, lines and prompts; nobody is called.",
    ),
]
