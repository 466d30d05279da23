"""What a campaign, its results and its ledger are called: pure rules on names and paths."""

from __future__ import annotations

import os
from pathlib import Path

from campaign.config import Settings, config_folder

COMPRESSED = {".gz", ".zst"}
WRITTEN = {".csv", ".parquet"}
FRAME_NAME = "frame"
STDIN_NAME = "stdin"

LIST_OPTIONS = ("phone_column", "key", "region", "encoding", "sheet")


def stem(source: str) -> str:
    """Return the stem of a list's name: `spring.results.csv.gz` and `spring.csv` are `spring`."""
    path = Path(source)
    if path.suffix.lower() in COMPRESSED:
        path = path.with_suffix("")
    return path.stem.removesuffix(".results") or path.stem


def campaign_name(settings: Settings, source: str | None) -> str:
    """Return the campaign's name: as given, else the list's stem; `source` is `None` for frames."""
    if settings.name:
        return settings.name
    if source is None:
        return FRAME_NAME
    return STDIN_NAME if source == "-" else stem(source)


def results_path(settings: Settings, source: str | None) -> Path | None:
    """Return where the results go; `None`, nowhere, for a frame without `out`."""
    if settings.out is not None:
        return Path(settings.out)
    if source is None:
        return None
    if source == "-":
        return Path(f"{STDIN_NAME}.results.csv")
    suffix = Path(source).suffix.lower()
    return Path(f"{stem(source)}.results{suffix if suffix in WRITTEN else '.csv'}")


def ledger_path(settings: Settings, config: str | os.PathLike[str] | None) -> Path:
    """Return the ledger's path: beside a named configuration, else in the current folder."""
    if settings.ledger is not None:
        return Path(settings.ledger)
    name = "campaign.sandbox.db" if settings.sandbox else "campaign.db"
    folder = config_folder(config)
    return folder / name if folder else Path(name)


def list_path(source: str | None) -> str:
    """Return a list's path as the ledger keeps it: absolute, `""` where there is no file."""
    if source is None or source == "-":
        return ""
    if "://" in source:
        return source
    return str(Path(source).resolve())


def recorded_options(settings: Settings) -> dict[str, str]:
    """Return what `results` has to know to read the list and write its file as the run did."""
    given = {name: getattr(settings, name) for name in LIST_OPTIONS}
    out = None if settings.out is None else str(Path(settings.out).resolve())
    safe = "true" if settings.excel_safe else None
    recorded = {**given, "out": out, "excel_safe": safe}
    return {name: value for name, value in recorded.items() if value is not None}
