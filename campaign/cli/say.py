"""Lines for a person, on stderr; data for programs, on stdout.

A terminal that has gone, a full disk under a log or a closed pipe must not end a run that has
calls to follow: what cannot be shown is not shown.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, TextIO

from campaign.errors import OutputError


class Voice(Protocol):
    """How a line for a person is printed."""

    def __call__(self, text: str, *, fatal: bool) -> None:
        """Print one line; `fatal` is what a command ends with."""
        ...


def plainly(text: str, *, fatal: bool) -> None:
    """Print one line as text."""
    show(f"campaign: {text}", sys.stderr)


_voices: list[Voice] = [plainly]


def speak_as(voice: Voice) -> None:
    """Have lines for a person printed otherwise from now on, as where the log is no text."""
    _voices[:] = [voice]


def say(text: str, *, fatal: bool = False) -> None:
    """Print one line for a person; `fatal` is what a command ends with."""
    _voices[0](" ".join(text.split()), fatal=fatal)


def say_usage(text: str) -> None:
    """Print what is wrong with a command line; a whole help text stays as it is."""
    if text.count("\n") > 1:
        show(text, sys.stderr)
    else:
        say(f"{text.rstrip('.')}; see `campaign --help` and `campaign COMMAND --help`")


def document(value: Mapping[str, Any] | Sequence[Any]) -> None:
    """Print one JSON document."""
    line(json.dumps(value))


def line(text: str) -> None:
    """Print one line of data.

    Raises `OutputError` where it cannot be written, but not where its reader has seen enough.
    """
    try:
        show(text, sys.stdout, raises=True)
    except OSError as error:
        # At exit Python would try once more and complain.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise OutputError(
                f"standard output cannot be written: {error.strerror}",
                hint="`campaign status` and `campaign results` tell it again",
            ) from error


def is_terminal(*streams: TextIO | None) -> bool:
    """Tell whether a person sits at all of these; a stream that is closed is `None`."""
    return all(stream is not None and stream.isatty() for stream in streams)


def counts(outcomes: Mapping[str, int]) -> str:
    """Return outcomes as people read them: `610 answered, 3 rejected`."""
    return ", ".join(f"{n:,} {outcome}" for outcome, n in outcomes.items()) or "no rows"


def show(text: str, stream: TextIO | None, *, raises: bool = False) -> None:
    """Write a line to a stream that may be closed, gone, or unable to spell it."""
    if stream is None:
        return
    encoding = getattr(stream, "encoding", None) or "utf-8"
    spelled = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(f"{spelled}\n")
        stream.flush()
    except OSError:
        if raises:
            raise
