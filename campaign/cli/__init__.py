"""The command line: thin commands that parse, call, render and exit."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from campaign.cli.boundary import exit_code

    # What is left goes with the process: to look for cycles in it takes longer than to free it.
    atexit.register(gc.freeze)
    raise SystemExit(exit_code(args))
