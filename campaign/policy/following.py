"""How often a live call is asked after, and when a call that the provider does not know is lost."""

from __future__ import annotations

READS_PER_S = 9.5
"""A little under the provider's 100 reads in 10 seconds."""

SHORTEST_GAP_S = 1.0
LONGEST_GAP_S = 10.0
AGE_SHARE = 0.2

MISSING_S = 60.0
MISSING_TIMES = 3

PATIENCE_S = 600.0
"""Reads may fail for this long without one answer before the run stops following."""


def gap_s(age_s: float) -> float:
    """Return the wait before a call of this age is asked after again: longer as it goes on."""
    return min(max(age_s * AGE_SHARE, SHORTEST_GAP_S), LONGEST_GAP_S)


def is_lost(*, missing_s: float, times: int) -> bool:
    """Tell whether a created call that reads do not find is given up.

    One "not found" proves little (a read may lag behind the create): several, over a minute, do.
    """
    return times >= MISSING_TIMES and missing_s >= MISSING_S
