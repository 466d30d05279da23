"""Asking the person at the terminal."""

from __future__ import annotations

import signal
import sys


def agreed(question: str) -> bool:
    """Ask on stderr; anything but y or yes, the end of the input too, is a no."""
    # The loop would keep Ctrl-C for itself until the answer is there; set before anybody can be
    # moved to press it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sys.stderr.write(question)
        sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
    finally:
        signal.signal(signal.SIGINT, before)
