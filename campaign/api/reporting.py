"""`report`: a campaign as one page, from the ledger and, where it can be read, the list."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from campaign.api.named import campaign_named
from campaign.api.opening import existing_ledger, require_ledger
from campaign.api.surveying import Survey
from campaign.config import Settings
from campaign.dialer.feed import in_thread
from campaign.errors import ConfigError, OutputError, UsageError
from campaign.ledger.lock import holder
from campaign.outcomes.replace import replaced
from campaign.outcomes.write import check_place

SUFFIX = ".report.html"
EXTENSIONS = (".html", ".htm")
MOST_NAME_BYTES = 200

_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


def report_path(name: str, out: str | None) -> Path:
    """Return where a report goes: as given, else a file of the campaign's name, made safe."""
    if out is not None:
        return Path(out)
    safe = _UNSAFE.sub("-", name).strip(" .-")
    short = safe.encode("utf-8", "replace")[:MOST_NAME_BYTES].decode("utf-8", "ignore")
    return Path(f"{short or 'campaign'}{SUFFIX}")


async def report(
    settings: Settings, name: str, ledger: Path, *, out: Path, now: datetime, flags: str = ""
) -> None:
    """Write the page of a campaign, made at `now`, whose clock is the page's.

    Whatever keeps it from being written is found before the calls are read. A list that cannot be
    read, or has changed since, is told of on the page, which then shows what was recorded.
    `flags` are what the ledger has to be named with on the command line.
    """
    if out.suffix.lower() not in EXTENSIONS:
        raise UsageError(f"a report is a page: {str(out)!r} is none", hint="end --out with .html")
    require_ledger(ledger)
    check_place(out, inputs=_kept(ledger))
    page = _page()
    async with existing_ledger(ledger) as opened:
        known = await campaign_named(opened, ledger, name)
        if known.list_path and "://" not in known.list_path:
            check_place(out, inputs=[Path(known.list_path)])
        running = holder(ledger, name) is not None
        survey = Survey(
            settings=settings, ledger=opened, known=known, running=running, now=now, flags=flags
        )
        facts = await survey.facts()
    await in_thread(lambda: _write(page.render(facts, now.tzinfo or UTC), out))


def _page() -> ModuleType:
    """Return the module that draws, whose libraries are an extra."""
    try:
        from campaign.outcomes.report import page
    except ImportError as error:
        raise ConfigError(
            f"a report needs {error.name!r}, which comes with the extra 'report'",
            hint="pip install 'campaign[report]'",
        ) from error
    return page


def _kept(ledger: Path) -> list[Path]:
    return [ledger, *(ledger.with_name(ledger.name + end) for end in ("-wal", "-shm"))]


def _write(text: str, out: Path) -> None:
    try:
        with replaced(out) as file:
            file.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise OutputError(
            f"cannot write {str(out)!r}: {error.strerror}", hint="choose another --out"
        ) from error
