"""How often live calls are asked after, and when a call that the provider does not know is lost."""

from __future__ import annotations

from enum import StrEnum

from campaign.model import Call, Outcome
from campaign.policy import disposition

READS_PER_S = 9.5
"""A little under the provider's 100 reads in 10 seconds."""

SHORTEST_GAP_S = 1.0
LONGEST_GAP_S = 10.0
AGE_SHARE = 0.2

STRAGGLER_S = 15.0
"""A call that the newest page of the list has not shown for so long is asked after by itself."""

TOLD_STRAGGLER_S = 60.0
"""The same, where the provider tells of ends by itself."""

TOLD_ROUND_S = 5.0
"""The least wait between two pages then."""

PAGE_MARGIN = 20
LARGEST_PAGE = 1000

SHORTEST_ROUND_S = 0.0
"""Between two pages where contacts wait for lines: the list's own budget spaces them."""
FIRST_ROUND_S = 1.0
LONGEST_ROUND_S = 10.0
ROUND_GROWTH = 1.5

MISSING_S = 60.0
MISSING_TIMES = 3

PATIENCE_S = 600.0
"""Reads may fail for this long without one answer before the run stops following; those of one call
before it stops following that."""


def gap_s(age_s: float) -> float:
    """Return the wait before a call of this age is asked after again: longer as it goes on."""
    return min(max(age_s * AGE_SHARE, SHORTEST_GAP_S), LONGEST_GAP_S)


def page_size(reach: int) -> int:
    """Return how many of the newest calls to list: back to the oldest one watched, and a margin."""
    return min(reach + PAGE_MARGIN, LARGEST_PAGE)


def straggler_s(*, by_list: bool, told: bool) -> float:
    """Return for how long a call is not asked after by itself, besides its own gap."""
    if told:
        return TOLD_STRAGGLER_S
    return STRAGGLER_S if by_list else 0.0


class Want(StrEnum):
    """What an end that is heard of would be good for."""

    LINE = "line"
    """A contact waits for the line."""
    NOTHING = "nothing"
    """Contacts are being called, and there are lines enough: reading would only disturb them."""
    END = "end"
    """Nobody is left to call: the run waits for the ends themselves."""


def round_gap_s(want: Want, *, quiet_rounds: int, told: bool = False) -> float:
    """Return the wait between two pages: none while contacts wait, longer while nothing changes.

    Where the provider tells of ends by itself (`told`), pages are the safety net.
    """
    least_s = TOLD_ROUND_S if told else SHORTEST_ROUND_S
    if want is Want.LINE:
        return least_s
    if want is Want.NOTHING:
        return LONGEST_ROUND_S
    gap_s = float(min(FIRST_ROUND_S * ROUND_GROWTH ** min(quiet_rounds, 10), LONGEST_ROUND_S))
    return max(gap_s, least_s)


def is_analyzed(call: Call) -> bool:
    """Tell whether the analysis that comes after a call's end is there."""
    return not (call.summary is None and call.sentiment is None and call.successful is None)


def awaits_analysis(call: Call) -> bool:
    """Tell whether an analysis may still come: of calls that connected, and have none yet."""
    reached = disposition.of_call(call) in {Outcome.ANSWERED, Outcome.VOICEMAIL}
    return reached and not is_analyzed(call)


def is_lost(*, missing_s: float, times: int) -> bool:
    """Tell whether a created call that reads do not find is given up.

    One "not found" proves little (a read may lag behind the create): several, over a minute, do.
    """
    return times >= MISSING_TIMES and missing_s >= MISSING_S
