"""The life of one attempt: one table.

An attempt begins with a durable intent and is then `SENDING`. What the wire answers moves it:

* certainly nothing was created, and not the row's fault (`NOT_SENT`, `THROTTLED`, `HALTED`):
  `WITHHELD`, from which the *same* attempt may be sent again after another durable intent;
* refused for this row: `REFUSED`, the end;
* created: `LIVE`, until the provider says that the call has `ENDED`, or no longer knows it
  (`LOST`);
* anything that may have created a call: `UNKNOWN`, which is left by evidence only.

A process that dies while `SENDING` proves nothing, so the next one records `AMBIGUOUS`. `UNKNOWN`
is left in three ways: the call is found at the provider (`ADOPTED`), or a person says that it was
made (`SETTLED`) or was not (`DISMISSED`: the contact is then due for its *next* attempt). A call
that is found outweighs whatever was believed, a refusal and a person's word included. Nothing
leads from `UNKNOWN` or `LIVE` back to a state that may be sent. An ended call can still be
observed (its analysis comes later), which changes what is known of it and not its state.
An event that is not in the table raises, and changes nothing.
"""

from __future__ import annotations

from types import MappingProxyType

from campaign.model import AttemptState as S
from campaign.model import EventKind as E

TABLE = MappingProxyType(
    {
        (S.SENDING, E.CREATED): S.LIVE,
        (S.SENDING, E.NOT_SENT): S.WITHHELD,
        (S.SENDING, E.THROTTLED): S.WITHHELD,
        (S.SENDING, E.HALTED): S.WITHHELD,
        (S.SENDING, E.REFUSED): S.REFUSED,
        (S.SENDING, E.AMBIGUOUS): S.UNKNOWN,
        (S.WITHHELD, E.INTENT): S.SENDING,
        (S.UNKNOWN, E.RESENT): S.UNKNOWN,
        (S.UNKNOWN, E.AMBIGUOUS): S.UNKNOWN,
        (S.UNKNOWN, E.CALLED): S.SETTLED,
        (S.UNKNOWN, E.NOT_CALLED): S.DISMISSED,
        (S.UNKNOWN, E.ADOPTED): S.LIVE,
        (S.WITHHELD, E.ADOPTED): S.LIVE,
        (S.REFUSED, E.ADOPTED): S.LIVE,
        (S.SETTLED, E.ADOPTED): S.LIVE,
        (S.DISMISSED, E.ADOPTED): S.LIVE,
        (S.LIVE, E.OBSERVED): S.LIVE,
        (S.LIVE, E.ENDED): S.ENDED,
        (S.LIVE, E.LOST): S.LOST,
        (S.ENDED, E.OBSERVED): S.ENDED,
        (S.ENDED, E.ENDED): S.ENDED,
        (S.LOST, E.OBSERVED): S.LIVE,
        (S.LOST, E.ENDED): S.ENDED,
    }
)

IN_FLIGHT = frozenset({S.SENDING, S.UNKNOWN, S.LIVE})
"""A call exists or may exist and has not been seen to end: the number is not dialled."""

LIVE = frozenset({S.SENDING, S.LIVE})
"""Holds a line of this run."""

SENDABLE = frozenset({S.WITHHELD})
"""The same attempt may be sent again."""

CREATED = frozenset({S.LIVE, S.ENDED, S.LOST, S.SETTLED})
"""A call was created: it counts as one of the contact's calls."""

TERMINAL = frozenset({S.REFUSED, S.ENDED, S.LOST, S.SETTLED, S.DISMISSED})
"""Nothing more happens to the attempt by the program's own doing."""


class IllegalMoveError(ValueError):
    """An event that the state does not allow: a bug of ours, never an outcome."""


def advance(state: S, event: E) -> S:
    """Return the state after `event`; raise `IllegalMoveError` where the table has none."""
    try:
        return TABLE[state, event]
    except KeyError:
        raise IllegalMoveError(
            f"an attempt that is {state.value!r} cannot be {event.value!r}"
        ) from None
