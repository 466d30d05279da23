"""Trying again, after a while, what certainly never left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import anyio
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt
from tenacity.wait import wait_random_exponential

from campaign.policy.placing import BACKOFF_S, MOST_BACKOFF_S, MOST_SENDS

T = TypeVar("T")


async def try_again(
    first: T, send: Callable[[], Awaitable[T]], *, failed: Callable[[T], bool]
) -> T:
    """Send until an answer has not `failed`, with backoffs; `first` is what the first try came to.

    When all tries are used up, the last answer is returned, failed as it is.
    """
    answers = [first]

    async def answer() -> T:
        return answers.pop() if answers else await send()

    retrying = AsyncRetrying(
        retry=retry_if_result(failed),
        stop=stop_after_attempt(MOST_SENDS),
        wait=wait_random_exponential(multiplier=BACKOFF_S, max=MOST_BACKOFF_S),
        sleep=anyio.sleep,
        retry_error_callback=_last,
    )
    return cast(T, await retrying(answer))


def _last(state: RetryCallState) -> object:
    """Return the last answer when all tries are used up."""
    assert state.outcome is not None  # noqa: S101 - tenacity calls back after an outcome only
    return state.outcome.result()
