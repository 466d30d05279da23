"""The command line: thin commands that parse, call, render and exit."""

from __future__ import annotations

import atexit
import gc
import os
from collections.abc import Sequence

PIECE_BYTES = 1 << 20
"""Of a CSV that is read: polars keeps dozens of pieces ahead, for as long as a run goes on."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from campaign.cli.boundary import exit_code

    os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(PIECE_BYTES))
    # What is left goes with the process: to look for cycles in it takes longer than to free it.
    atexit.register(gc.freeze)
    raise SystemExit(exit_code(args))
