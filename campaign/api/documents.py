"""What a run keeps of its answered calls, where somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from campaign.api.hooks import Hooks
from campaign.config import Settings
from campaign.dialer.feed import in_thread
from campaign.dialer.means import KeepDocument
from campaign.outcomes.transcripts import Transcripts


def keeper(settings: Settings, hooks: Hooks) -> KeepDocument | None:
    """Return what keeps documents of calls, `None` where none are wanted.

    Raises `OutputError` where nothing can be written to their folder.
    """
    if settings.transcripts is None:
        return None
    transcripts = Transcripts(Path(settings.transcripts), hooks.notify)
    transcripts.open()

    async def keep(call_id: str, document: Mapping[str, Any]) -> None:
        await in_thread(lambda: transcripts.keep(call_id, document))

    return keep
