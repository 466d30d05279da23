"""Progress that nobody watches."""

from __future__ import annotations

from campaign.model import Tally


class NoProgress:
    """Keeps the tally, for whoever asks, and shows nothing."""

    def __init__(self) -> None:
        self.tally = Tally()

    def update(self, tally: Tally) -> None:
        """Keep the tally."""
        self.tally = tally

    def close(self) -> None:
        """Have nothing to close."""
