"""What is shown."""

from __future__ import annotations

from typing import Annotated

import typer

OUTPUT = "Output"

Yes = Annotated[
    bool | None,
    typer.Option("--yes", "-y", rich_help_panel=OUTPUT, help="Do not ask before calling."),
]
Progress = Annotated[
    str | None,
    typer.Option(
        metavar="auto|bar|json|none",
        rich_help_panel=OUTPUT,
        help="On stderr, while calls are placed: a display at a terminal, else nothing (auto);"
        " a display, or lines where there is no terminal (bar); one JSON object a line, each"
        " second (json). With -q only what is asked for here. [default: auto]",
    ),
]
Ping = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        rich_help_panel=OUTPUT,
        help="Health check: told of each run with /start, as it is (exit codes 0 and 75), or with"
        " /fail.",
    ),
]
LogFormat = Annotated[
    str | None,
    typer.Option(
        metavar="text|json",
        rich_help_panel=OUTPUT,
        help="How stderr is written; json: all that happens, one object a line. [default: text]",
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", rich_help_panel=OUTPUT, help="One JSON document on stdout."),
]
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        show_default=False,
        rich_help_panel=OUTPUT,
        help="Log what happens; twice: all of it.",
    ),
]
Quiet = Annotated[
    bool | None,
    typer.Option("--quiet", "-q", rich_help_panel=OUTPUT, help="Say nothing unless it matters."),
]
FullNumbers = Annotated[
    bool | None,
    typer.Option(
        "--full-numbers", rich_help_panel=OUTPUT, help="Show sample rows with whole numbers."
    ),
]
ShowConfig = Annotated[
    bool | None,
    typer.Option(
        "--show-config",
        rich_help_panel=OUTPUT,
        help="Print every setting and where it comes from, and do nothing else.",
    ),
]
