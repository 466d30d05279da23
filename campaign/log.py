"""The log: lines with an action of one fixed set, and neither a full phone number nor a key.

Every line of the program's log is written through a `Log`, which masks what it is given before
any handler sees it. Whoever takes the standard library's logger `campaign` gets `action` and the
fields as attributes of the records, and all fields together as `fields`.
"""

from __future__ import annotations

import logging
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from campaign.model import Attempt, EventKind
from campaign.policy.masking import mask, redact


class Action(StrEnum):
    """What a line is about: the slugs that filters and alarms can be built on."""

    RUN_STARTED = "run_started"
    """A run begins to place calls: `rows`, `to_call`."""
    RUN_ENDED = "run_ended"
    """A run has ended and written its files: `outcomes`, `exit_code` and more of its summary."""
    PLACED = "placed"
    """A call was created: `call`."""
    NOT_SENT = "not_sent"
    """A create could not be sent, so that there is no call."""
    REFUSED = "refused"
    """A create was refused: `status`, the HTTP status."""
    UNKNOWN = "unknown"
    """A create was sent and no answer tells whether there is a call: `status`, if any."""
    ENDED = "ended"
    """A call has ended: `call`, `outcome`, `duration_s`, `cost_usd`."""
    LOST = "lost"
    """The provider no longer knows a call: `call`."""
    THROTTLED = "throttled"
    """The provider asked for fewer requests: `limiter`, `pause_s`."""
    HELD = "held"
    """A contact that is due is not called now, in the detailed log: `until`, where it is known."""
    LOOKED_UP = "looked_up"
    """An attempt of unknown outcome is looked for at the provider: `until`."""
    FOUND = "found"
    """The call of an attempt was found at the provider: `call`."""
    NOT_FOUND = "not_found"
    """It was not found in time, and the attempt stays unknown."""
    DRAINING = "draining"
    """No call is placed from now on: `reason`, as in `stopped_by`."""
    HALTED = "halted"
    """What ended the run for the whole campaign."""
    BREAKER = "breaker"
    """Too many creates come to nothing: a pause."""
    LINES = "lines"
    """The run may have more or fewer live calls: `lines`, `used`."""
    CALLER_RETIRED = "caller_retired"
    """A caller number calls nobody more in this run."""
    LIST_FAILED = "list_failed"
    """The provider's list of calls could not be had."""
    READ_FAILED = "read_failed"
    """A question about live calls was not answered."""
    HANG_UP_FAILED = "hang_up_failed"
    """A live call could not be ended: `call`."""
    DOCUMENT_FAILED = "document_failed"
    """What the provider holds of a call could not be had: `call`."""
    RENEWAL_FAILED = "renewal_failed"
    """The results file could not be renewed during a run, in the detailed log: the traceback."""
    WEBHOOK_REFUSED = "webhook_refused"
    """Somebody who does not have our key posted a webhook."""
    PINGED = "pinged"
    """The health check was told: `signal`."""
    PING_FAILED = "ping_failed"
    """The health check could not be told: `signal`."""
    ENCODING = "encoding"
    """A list is read in another encoding than UTF-8."""
    SETTINGS = "settings"
    """Something is odd about the settings."""
    NOTICE = "notice"
    """What a person is told that stops nothing."""
    ERROR = "error"
    """What a command ended with."""


OF_CREATES = MappingProxyType(
    {
        EventKind.CREATED: Action.PLACED,
        EventKind.NOT_SENT: Action.NOT_SENT,
        EventKind.THROTTLED: Action.THROTTLED,
        EventKind.HALTED: Action.REFUSED,
        EventKind.REFUSED: Action.REFUSED,
        EventKind.AMBIGUOUS: Action.UNKNOWN,
        EventKind.ADOPTED: Action.FOUND,
    }
)
"""What the answer to a create is called."""


class Log:
    """Where one module writes its lines.

    Of an `attempt`, its campaign, id and masked number are told; `number` is masked too. Other
    fields are told as they are, texts without the numbers and keys that they may hold.
    """

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, action: Action, text: str, *args: object, **fields: Any) -> None:
        """Write a line for whoever looks for the cause of something."""
        self._write(logging.DEBUG, action, text, args, fields)

    def info(self, action: Action, text: str, *args: object, **fields: Any) -> None:
        """Write a line on what happens."""
        self._write(logging.INFO, action, text, args, fields)

    def warning(self, action: Action, text: str, *args: object, **fields: Any) -> None:
        """Write a line on what should not happen and stops nothing."""
        self._write(logging.WARNING, action, text, args, fields)

    def _write(
        self,
        level: int,
        action: Action,
        text: str,
        args: tuple[object, ...],
        fields: dict[str, Any],
    ) -> None:
        if self._logger.isEnabledFor(level):
            told = _told(**fields)
            extra = {**told, "action": action.value, "fields": told}
            self._logger.log(level, "%s", redact(_filled(text, args)), extra=extra, stacklevel=3)


_of_all = Log("campaign")


def notice(text: str) -> None:
    """Take a notice as a line of the log: a warning, which is shown unless somebody decided."""
    _of_all.warning(Action.NOTICE, text)


def _filled(text: str, args: tuple[object, ...]) -> str:
    """Fill in arguments; those that do not fit stand beside the text: a log ends no run."""
    try:
        return text % args if args else text
    except (TypeError, ValueError):
        return f"{text} {args}"


def _told(
    *, attempt: Attempt | None = None, number: str | None = None, **fields: Any
) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if attempt is not None:
        told = {"campaign": attempt.campaign, "attempt": attempt.attempt_id}
        number = attempt.to_number
    if number is not None:
        told["number"] = mask(number)
    for name, value in fields.items():
        told[name] = redact(value) if isinstance(value, str) else value
    return told
