"""Write a contact list of any length, for tries with the sandbox: the same rows every time.

    python sample_data/make_list.py 100000 > big.csv
    python sample_data/make_list.py --parquet        # contacts.parquet anew from contacts.csv

The numbers of the long list are made up; some may be somebody's, so use them with `--sandbox` only.
Those in contacts.csv are kept free for fiction by the authorities of the US (555-01xx), the UK
(Ofcom's drama numbers) and Australia (ACMA's), and nobody answers there.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).parent
HEADER = ("phone_number", "name", "company", "appointment_date", "account", "note", "metadata")
AREAS = (
    *(201, 202, 206, 212, 213, 214, 215, 216, 240, 303, 305, 312, 313, 314),
    *(404, 415, 503, 512, 602, 617, 702, 713, 718, 801, 816),
)
FIRST_NAMES = ("Ada", "Björn", "Chen", "Dolores", "Émile", "Fatima", "George", "Hana", "Ivo")
LAST_NAMES = ("Abbott", "Baker", "Castillo", "Dvořák", "Evans", "Fischer", "García", "Hughes")
COMPANIES = ("Acme, Inc.", "Blue Door Dental", "Corner Garage", "Dunlin & Sons", 'The "Old" Mill')
FIRST_DAY = date(2026, 1, 5)
EXCHANGE = 555
LINES = 10_000
MOST = len(AREAS) * LINES * (999 - EXCHANGE)


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rows", nargs="?", type=_count, help=f"how many rows, up to {MOST:,}")
    parser.add_argument("--parquet", action="store_true", help="renew contacts.parquet")
    options = parser.parse_args()
    if (options.rows is None) == (not options.parquet):
        parser.error("give either ROWS or --parquet")
    if options.parquet:
        write_parquet(HERE / "contacts.csv", HERE / "contacts.parquet")
    else:
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(make_rows(options.rows))
    return 0


def make_rows(count: int) -> Iterator[tuple[str, ...]]:
    """Yield `count` contacts with numbers that are valid and all different."""
    for at in range(count):
        first, last = FIRST_NAMES[at % len(FIRST_NAMES)], LAST_NAMES[at % len(LAST_NAMES)]
        yield (
            make_number(at),
            f"{first} {last}",
            COMPANIES[at % len(COMPANIES)],
            (FIRST_DAY + timedelta(days=at % 90)).isoformat(),
            f"{at:07d}",
            "" if at % 3 else "prefers mornings",
            json.dumps({"segment": "AB"[at % 2]}) if at % 5 == 0 else "",
        )


def make_number(at: int) -> str:
    """Return number `at` of the series, E.164: area codes take turns, exchanges go up from 555."""
    line, area = divmod(at, len(AREAS))
    exchange, last_four = divmod(line, LINES)
    return f"+1{AREAS[area]}{EXCHANGE + exchange}{last_four:04d}"


def write_parquet(source: Path, target: Path) -> None:
    """Write the list as Parquet: dates as dates, everything else as text."""
    import polars as pl  # takes a third of a second, which the long list need not wait for

    rows = pl.read_csv(source, infer_schema=False)
    rows.with_columns(pl.col("appointment_date").str.to_date("%Y-%m-%d")).write_parquet(target)


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= MOST:
        raise argparse.ArgumentTypeError(f"{text} is not between 1 and {MOST}")
    return count


if __name__ == "__main__":
    sys.exit(main())
