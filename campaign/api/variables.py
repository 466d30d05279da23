"""The variables that a prompt expects, and those that a list brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from campaign.config import Settings
from campaign.contacts.screen import Listing
from campaign.errors import ListError


def heed_variables(settings: Settings, listing: Listing, notify: Callable[[str], None]) -> None:
    """Compare the list's variables with those that `expects` names, where it names any.

    `notify` hears of differences; with `strict` they are a `ListError`.
    """
    if settings.expects:
        heed(_differences(settings, listing), settings, notify)


def heed_prompt(
    settings: Settings, listing: Listing, names: Iterable[str], notify: Callable[[str], None]
) -> None:
    """Do the same for names that a prompt is known to use, of which none may be missing."""
    missing = sorted(set(names) - _brought(settings, listing))
    if missing:
        heed([f"the agent's prompt uses {_quoted(missing)}, which no row has"], settings, notify)


def heed(problems: Iterable[str], settings: Settings, notify: Callable[[str], None]) -> None:
    """Tell problems, or raise the first one where rows must be as expected."""
    for problem in problems:
        if settings.strict:
            raise ListError(
                problem, hint="correct the list or --expects, or check without --strict"
            )
        notify(problem)


def _differences(settings: Settings, listing: Listing) -> Iterator[str]:
    brought, expected = _brought(settings, listing), set(settings.expects)
    if missing := [name for name in settings.expects if name not in brought]:
        yield f"expected variables that the list does not have: {_quoted(missing)}"
    if others := sorted(brought - expected):
        yield f"variables of the list that nobody expects: {_quoted(others)}"


def _brought(settings: Settings, listing: Listing) -> set[str]:
    return {*listing.columns.variables, *settings.var}


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
