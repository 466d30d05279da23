"""A folder with one JSON file per answered call: everything the provider holds of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from campaign.errors import OutputError
from campaign.outcomes.replace import probe, replaced

ODD = re.compile(r"[^A-Za-z0-9_.-]")
LONGEST = 200
"""Characters of a call id that a file's name keeps; file systems take 255 bytes."""


class Transcripts:
    """Keeps documents of calls in `folder`; `notify` hears of the first one that cannot be."""

    def __init__(self, folder: Path, notify: Callable[[str], None]) -> None:
        self._folder = folder
        self._notify = notify
        self._failed = False

    def open(self) -> None:
        """Create the folder where it is missing; `OutputError` where nothing can be written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            probe(self._folder)
        except OSError as error:
            raise OutputError(
                f"cannot write transcripts to {str(self._folder)!r}: {error.strerror}",
                hint="choose another --transcripts folder",
            ) from error

    def keep(self, call_id: str, document: Mapping[str, Any]) -> None:
        """Write what the provider holds of a call; a failure is told once and stops nothing."""
        try:
            text = json.dumps(dict(document), ensure_ascii=False, indent=2)
            with replaced(self._folder / file_name(call_id), private=True) as file:
                file.write(f"{text}\n".encode("utf-8", "replace"))
        except OSError as error:
            if not self._failed:
                self._failed = True
                self._notify(
                    f"a transcript cannot be written to {str(self._folder)!r}: {error.strerror};"
                    " the run goes on, and no more is said of this"
                )


def file_name(call_id: str) -> str:
    """Return the name of a call's file: what is odd in the id is left out, so it is no path."""
    return f"{ODD.sub('', call_id)[:LONGEST]}.json"
