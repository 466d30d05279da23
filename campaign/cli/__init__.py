"""The command line: thin commands that parse, call, render and exit."""

from __future__ import annotations

import atexit
import gc
import os
from collections.abc import Sequence

PIECE_BYTES = 1 << 19
"""Of a CSV that is read: polars keeps dozens of pieces ahead, for as long as a run goes on."""

MEMORY = "_RJEM_MALLOC_CONF"
BY_ITSELF = "dirty_decay_ms:500,muzzy_decay_ms:1000"
"""What polars says to whatever is started by a process that has loaded it: nobody's wish."""

FREED = "dirty_decay_ms:100,muzzy_decay_ms:0"
"""How soon polars' memory goes back to the system; by itself it keeps most of what it ever had.

Of a check of ten million rows that is 90 MB, and no time that stands out of the noise.
"""

SEARCHES = (20_000, 20, 50)
"""How many more objects there are before cycles are looked for: some megabytes of them."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from campaign.cli.boundary import exit_code

    os.environ.setdefault("POLARS_CSV_CHUNK_SIZE", str(PIECE_BYTES))
    if os.environ.get(MEMORY, BY_ITSELF) == BY_ITSELF:
        os.environ[MEMORY] = FREED
    # What is left goes with the process: to look for cycles in it takes longer than to free it.
    atexit.register(gc.freeze)
    # Cycles are rare here, and each search walks past every contact that the run remembers.
    gc.set_threshold(*SEARCHES)
    raise SystemExit(exit_code(args))
