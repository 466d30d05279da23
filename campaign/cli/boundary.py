"""The one place where an error becomes a line on stderr and an exit code."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from campaign.cli.app import app
from campaign.cli.say import plainly, say, say_usage, speak_as
from campaign.errors import CampaignError


def exit_code(args: Sequence[str] | None) -> int:
    """Run the command line, the process's own by default; return its exit code.

    Only a bug of ours shows a traceback.
    """
    code: int | None
    try:
        # What a command returns is its exit code; Ctrl-C is 130 and needs no words.
        code = app(args=args, prog_name="campaign", standalone_mode=False)
    except CampaignError as error:
        say(str(error), fatal=True)
        code = error.exit_code
    except typer.TyperException as error:
        say_usage(error.format_message())
        code = error.exit_code
    finally:
        speak_as(plainly)
    return code or 0
