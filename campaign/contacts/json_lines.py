"""NDJSON: one JSON object in each line; its values become text as the line has them.

Numbers keep their digits, objects and lists stay JSON, null and a missing name are an empty cell.
A line that is no object is a row without cells, rejected with its line and the reason.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from campaign.contacts.csv_file import check_names
from campaign.contacts.encodings import UTF8, check_utf8, find_encoding, survey, to_utf8
from campaign.contacts.spool import Spool
from campaign.contacts.table import Options, Table
from campaign.errors import ListError

BATCH_ROWS = 50_000


class _Number(str):
    """The digits of a number as the file has them."""

    __slots__ = ()


def read_json_lines(path: Path, name: str, options: Options) -> Table:
    """Read a file of one JSON object per line; columns stand in the order they first appear."""
    seen = survey(path)
    encoding = find_encoding(seen, name, options.encoding)
    spool = Spool(options.keep)
    if encoding == UTF8:
        check_utf8(seen, name)
    else:
        copy = spool.folder.path / "utf-8.ndjson"
        to_utf8(path, copy, encoding, name)
        path = copy
    names = _spool_objects(path, spool)
    if not names:
        raise ListError(
            f"the list {name} has no JSON object in any line",
            hint='write one object per line, such as {"phone_number": "+14155550101"}',
        )
    check_names(names, name)
    # An escaped NUL is no NUL in the bytes.
    return replace(spool.table(name, names, seen.content_hash), clean=False)


def _spool_objects(path: Path, spool: Spool) -> tuple[str, ...]:
    names: dict[str, None] = {}
    with path.open(encoding="utf-8-sig") as file:
        lines = ((n, line) for n, line in enumerate(file, 1) if line.strip())
        while batch := list(islice(lines, BATCH_ROWS)):
            found = [_cells(line) for _, line in batch]
            for at, (n, _) in enumerate(batch):
                if isinstance(problem := found[at], str):
                    spool.damaged.append((spool.rows + at, f"{problem}: line {n}"))
            rows = [row if isinstance(row, dict) else {} for row in found]
            names.update(dict.fromkeys(key for row in rows for key in row))
            spool.add(_frame(rows, tuple(names)))
    return tuple(names)


def _frame(rows: list[dict[str, str | None]], names: tuple[str, ...]) -> pl.DataFrame:
    # A batch without any object still has its rows: they are kept under no name.
    known = names or ("",)
    return pl.DataFrame(
        [pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in known]
    )


def _cells(line: str) -> dict[str, str | None] | str:
    """Return the cells of a line, or what is wrong with it."""
    try:
        found = json.loads(
            line, parse_int=_Number, parse_float=_Number, object_pairs_hook=_without_doubles
        )
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        return str(error) if isinstance(error, _DoubledError) else "not a JSON object"
    if not isinstance(found, dict):
        return "not a JSON object"
    return {key: _text(value) for key, value in found.items()}


class _DoubledError(ValueError):
    """A name stands twice in one object."""


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _DoubledError("a name that stands twice in the JSON object")
    return found


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return "".join(_json(value))


def _json(value: Any) -> Iterator[str]:
    """Yield the JSON of a value whose numbers keep their digits."""
    if isinstance(value, _Number):
        yield value
    elif isinstance(value, dict):
        parts = [
            f"{json.dumps(k, ensure_ascii=False)}: {''.join(_json(v))}" for k, v in value.items()
        ]
        yield "{" + ", ".join(parts) + "}"
    elif isinstance(value, list):
        yield "[" + ", ".join("".join(_json(entry)) for entry in value) + "]"
    else:
        yield json.dumps(value, ensure_ascii=False)
