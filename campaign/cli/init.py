"""`campaign init`."""

from __future__ import annotations

import os

from campaign.cli.say import say
from campaign.config import DEFAULT_FILE
from campaign.config.template import template
from campaign.errors import OutputError


def init_command(file: str, *, force: bool) -> None:
    """Write a configuration in which every setting is explained; never over another unasked."""
    path = os.path.expanduser(file)
    try:
        with open(path, "w" if force else "x", encoding="utf-8") as written:
            written.write(template())
    except FileExistsError:
        raise OutputError(
            f"the configuration {path!r} is there already and was left as it is",
            hint="name another (campaign init OTHER.toml), or write over it with --force",
        ) from None
    except OSError as error:
        raise OutputError(
            f"the configuration {path!r} cannot be written: {error.strerror}",
            hint="name a file in a folder that can be written to",
        ) from error
    option = "" if path == DEFAULT_FILE else f" -c {path}"
    say(
        f"written: {path}; set contacts and from_number in it, then"
        f" `campaign check{option}` and `campaign run{option}`"
    )
