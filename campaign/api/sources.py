"""What a campaign, its results and its ledger are called: pure rules on names and paths."""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import urlsplit

from campaign.api.redials import options_of
from campaign.config import Settings, config_folder
from campaign.contacts.places import MAGIC
from campaign.policy import identity

COMPRESSED = {".gz", ".zst"}
WRITTEN = {".parquet": ".parquet", ".ndjson": ".ndjson", ".jsonl": ".ndjson", ".xlsx": ".xlsx"}
"""What results are written as by default, where that is no CSV, by the suffix of the list."""

FRAME_NAME = "frame"
STDIN_NAME = "stdin"
PATTERN_NAME = "list"

LIST_OPTIONS = (
    "phone_column",
    "key",
    "region",
    "encoding",
    "sheet",
    "timezone_column",
    "region_column",
    "consent_column",
    "consent_date_column",
)


def stem(source: str) -> str:
    """Return the stem of a list's name: `spring.results.csv.gz` and `spring.csv` are `spring`.

    A folder has that of its own name, a pattern is `list`.
    """
    path = _unpacked(_named(source))
    return path.stem.removesuffix(".results") or path.stem or PATTERN_NAME


def _unpacked(path: Path) -> Path:
    return path.with_suffix("") if path.suffix.lower() in COMPRESSED else path


def _named(source: str) -> Path:
    """Return a path of a list's name: an address without its query, a folder as it is called."""
    path = Path(urlsplit(source).path) if "://" in source else Path(source)
    if path.name in {"", ".."}:
        path = path.resolve()
    if any(sign in path.name for sign in MAGIC) and not path.exists():
        path = Path(PATTERN_NAME + path.suffix)
    return path


def campaign_name(settings: Settings, source: str | None) -> str:
    """Return the campaign's name: as given, else the list's stem; `source` is `None` for frames."""
    if settings.name:
        return identity.campaign_name(settings.name)
    if source is None:
        return FRAME_NAME
    return STDIN_NAME if source == "-" else identity.campaign_name(stem(source))


def results_path(settings: Settings, source: str | None) -> Path | None:
    """Return where the results go; `None`, nowhere, for a frame without `out`."""
    if settings.out is not None:
        return Path(settings.out)
    if source is None:
        return None
    if source == "-":
        return Path(f"{STDIN_NAME}.results.csv")
    suffix = _unpacked(_named(source)).suffix.lower()
    return Path(f"{stem(source)}.results{WRITTEN.get(suffix, '.csv')}")


def ledger_path(settings: Settings, config: str | os.PathLike[str] | None) -> Path:
    """Return the ledger's path: beside a named configuration, else in the current folder."""
    if settings.ledger is not None:
        return Path(settings.ledger)
    name = "campaign.sandbox.db" if settings.sandbox else "campaign.db"
    folder = config_folder(config)
    return folder / name if folder else Path(name)


def list_path(source: str | None) -> str:
    """Return a list's path as the ledger keeps it: absolute, `""` where there is no file."""
    return "" if source is None or source == "-" else _absolute(source)


def _absolute(source: str) -> str:
    return source if "://" in source else str(Path(source).resolve())


def recorded_options(settings: Settings) -> dict[str, str]:
    """Return what `results`, `status` and `report` have to know of a run that has ended.

    How its list was read and its file written, who is dialled again, and what bounded its calls.
    """
    age_s = settings.consent_max_age
    suppress = [_absolute(path) for path in settings.suppress]
    recorded = {
        **{name: getattr(settings, name) for name in LIST_OPTIONS},
        "consent_max_age": None if age_s is None else f"{age_s:.3f}s",
        "clean_variables": "true" if settings.clean_variables else None,
        "suppress": json.dumps(suppress) if suppress else None,
        "out": None if settings.out is None else str(Path(settings.out).resolve()),
        "excel_safe": "true" if settings.excel_safe else None,
        **options_of(settings),
        **_limits_of(settings),
    }
    return {name: value for name, value in recorded.items() if value is not None}


def _limits_of(settings: Settings) -> dict[str, str]:
    """Return pace and lines as text; always, as a report must not take a default for a limit."""
    return {
        "cps": "any" if settings.cps is None else repr(settings.cps),
        "max_live": str(settings.max_live),
    }
