"""The command line: thin commands that parse, call, render and exit."""

from __future__ import annotations

from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    from campaign.cli.boundary import exit_code

    raise SystemExit(exit_code(args))
