"""Which progress suits where it is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TextIO

from campaign.progress.bar import BarProgress
from campaign.progress.lines import LineProgress
from campaign.progress.scene import Scene

Environ = Mapping[str, str]


def bar_progress(
    scene: Scene, *, write: Callable[[str], None], environ: Environ
) -> BarProgress | LineProgress:
    """Return a bar at the foot of a terminal; where stderr is none, or a dumb one, lines.

    `write` shows one line.
    """
    stream = sys.stderr
    if stream is None or not stream.isatty() or environ.get("TERM", "") in {"dumb", "unknown"}:
        return LineProgress(scene, write)
    from rich.console import Console

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    return BarProgress(scene, console, ascii_only=not spells(stream, environ))


def spells(stream: TextIO, environ: Environ) -> bool:
    """Tell whether a terminal shows more than ASCII, as far as its encoding and locale tell.

    Python turns the locale C into one of UTF-8 for itself; the terminal need not know of it.
    """
    encoding = (getattr(stream, "encoding", None) or "").lower().replace("_", "-")
    if not encoding.startswith("utf"):
        return False
    coerced = environ.get("LC_CTYPE") == "C.UTF-8" and environ.get("LANG", "C") in {"", "C"}
    names = (environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((name for name in names if name), "C")
    return not coerced and locale.upper() not in {"C", "POSIX"}
