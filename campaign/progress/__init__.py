"""How far a run is, shown: at a terminal, as lines, in a notebook, or to nobody.

The dialer only stores numbers in a tally; what is here draws it on a thread of its own, a few
times a second, so that a run costs the same whether or not somebody watches. rich is imported
where something is drawn.
"""

from __future__ import annotations

from campaign.progress.bar import BarProgress
from campaign.progress.choose import bar_progress
from campaign.progress.lines import LineProgress
from campaign.progress.notebook import Board, NotebookProgress, board_here
from campaign.progress.nothing import NoProgress
from campaign.progress.records import JsonProgress
from campaign.progress.scene import Scene

__all__ = [
    "BarProgress",
    "Board",
    "JsonProgress",
    "LineProgress",
    "NoProgress",
    "NotebookProgress",
    "Scene",
    "bar_progress",
    "board_here",
]
