"""Reading the list beside the run: batches are made in a thread, so that calls do not wait."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import TypeVar

import anyio.to_thread

from campaign.model import Contact

T = TypeVar("T")


async def in_thread(work: Callable[[], T]) -> T:
    """Do blocking work in a worker thread, so that calls under way are not kept waiting."""
    return await anyio.to_thread.run_sync(work)


async def threaded(
    batches: Callable[[], Iterator[Sequence[Contact]]],
) -> AsyncGenerator[Sequence[Contact], None]:
    """Iterate over batches of contacts, each computed in a worker thread."""
    iterator = await anyio.to_thread.run_sync(batches)
    while (batch := await anyio.to_thread.run_sync(next, iterator, None)) is not None:
        yield batch
