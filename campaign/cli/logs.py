"""The log of a command: stderr, as much as was asked for, as text or as lines of JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from campaign.cli import say
from campaign.config import Settings
from campaign.log import Action
from campaign.policy.masking import redact

LEVELS = (logging.WARNING, logging.INFO, logging.DEBUG)


class StderrHandler(logging.Handler):
    """Writes to whatever stderr is now: a progress bar puts its own in between."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        say.show(self.format(record), sys.stderr)


class Lines(logging.Formatter):
    """One JSON object for each record: `time`, `level`, `action`, `campaign`, `message` and more.

    `campaign` is that of the process where a record names none; the rest are the fields that
    `campaign.log.Action` describes, of an attempt `attempt` and `number`, which is masked.
    """

    def __init__(self, campaign: str | None) -> None:
        super().__init__()
        self._campaign = campaign

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line."""
        return self.line(
            datetime.fromtimestamp(record.created, UTC),
            record.levelname.lower(),
            getattr(record, "action", Action.NOTICE),
            record.getMessage(),
            getattr(record, "fields", {}),
        )

    def line(
        self, at: datetime, level: str, action: str, message: str, fields: dict[str, Any]
    ) -> str:
        """Return one line."""
        told = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": level,
            "action": action,
            "campaign": self._campaign,
            **fields,
            "message": redact(message),
        }
        return json.dumps(told, ensure_ascii=False, default=_plain)

    def voice(self, text: str, *, fatal: bool) -> None:
        """Say a line for a person as one of the log."""
        level, action = ("error", Action.ERROR) if fatal else ("info", Action.NOTICE)
        say.show(self.line(datetime.now(UTC), level, action, text, {}), sys.stderr)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def speak_json(campaign: str | None) -> logging.Formatter:
    """Have lines for a person printed as lines of the log; return how these are written."""
    lines = Lines(campaign)
    say.speak_as(lines.voice)
    return lines


def speak_text() -> logging.Formatter:
    """Have lines for a person printed as such; return how those of the log are written."""
    say.speak_as(say.plainly)
    return logging.Formatter("%(asctime)s %(levelname)s %(message)s")


def set_up(settings: Settings, campaign: str | None) -> None:
    """Send the program's own log to stderr, and have all that is said look like it.

    As text: warnings, with -v what happens, with -vv all of it. As JSON: what happens, with -v
    all of it. With -q only errors, in both.
    """
    as_json = settings.log_format == "json"
    handler = StderrHandler()
    handler.setFormatter(speak_json(campaign) if as_json else speak_text())
    logger = logging.getLogger("campaign")
    logger.handlers[:] = [handler]
    level = LEVELS[min(settings.verbose + as_json, len(LEVELS) - 1)]
    logger.setLevel(logging.ERROR if settings.quiet else level)
    logger.propagate = False
