"""Which files are read and written."""

from __future__ import annotations

from typing import Annotated

import typer

FILES = "Files"

Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        rich_help_panel=FILES,
        help="Results: .csv, .parquet, .ndjson or .xlsx. [default: STEM.results.EXT]",
    ),
]
Refresh = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        rich_help_panel=FILES,
        help="How often the results file is renewed during a run; 0 for at its end only. "
        "[default: 60s]",
    ),
]
Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="CAMPAIGN_CONFIG",
        rich_help_panel=FILES,
        help="Settings in TOML. [default: campaign.toml if there]",
    ),
]
Ledger = Annotated[
    str | None,
    typer.Option(
        metavar="PATH",
        rich_help_panel=FILES,
        help="What has been done. [default: campaign.db, campaign.sandbox.db with --sandbox]",
    ),
]
Transcripts = Annotated[
    str | None,
    typer.Option(metavar="FOLDER", rich_help_panel=FILES, help="One JSON file per answered call."),
]
Rejects = Annotated[
    str | None,
    typer.Option(metavar="FILE", rich_help_panel=FILES, help="Rejected rows with reasons."),
]
AttemptsOut = Annotated[
    str | None, typer.Option(metavar="FILE", rich_help_panel=FILES, help="One row per attempt.")
]
ExcelSafe = Annotated[
    bool | None,
    typer.Option(
        "--excel-safe",
        rich_help_panel=FILES,
        help="Neutralise formulas in the list's own cells too.",
    ),
]
