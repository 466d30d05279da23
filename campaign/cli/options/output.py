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
        " second (json). With -q only what is asked for here.  [default: auto]",
    ),
]
Json = Annotated[
    bool,
    typer.Option("--json", rich_help_panel=OUTPUT, help="One JSON document on stdout."),
]
Verbose = Annotated[
    int,
    typer.Option("--verbose", "-v", count=True, rich_help_panel=OUTPUT, help="Log more."),
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
