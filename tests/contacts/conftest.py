"""Lists on disk, for the tests of reading and screening."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

WriteList = Callable[..., Path]


@pytest.fixture
def write_list(tmp_path: Path) -> WriteList:
    """Return a function that writes a list, text or bytes, and returns its path."""

    def write(content: str | bytes, name: str = "list.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
