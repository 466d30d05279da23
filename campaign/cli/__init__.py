"""The command line: thin commands that parse, call, render and exit."""

from __future__ import annotations

from collections.abc import Sequence

from campaign.errors import CampaignError


def main(args: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the contract's code.

    The one place where an error becomes a line on stderr: only a bug of ours shows a traceback.
    """
    from campaign.cli.app import app
    from campaign.cli.say import say

    try:
        app(args=args, prog_name="campaign")
    except CampaignError as error:
        say(str(error))
        raise SystemExit(error.exit_code) from None
