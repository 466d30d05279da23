"""The folder of transcripts: one private file per call, and nothing outside of it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from campaign.errors import OutputError
from campaign.outcomes.transcripts import Transcripts, file_name


@pytest.mark.parametrize(
    ("call_id", "expected"),
    [
        ("call_25f3", "call_25f3.json"),
        ("Call-1.b", "Call-1.b.json"),
        ("../../etc/passwd", "....etcpasswd.json"),
        ("a/b\\c\0d e", "abcde.json"),
        ("é", ".json"),
        ("x" * 300, "x" * 200 + ".json"),
    ],
)
def test_file_names(call_id: str, expected: str) -> None:
    """What is odd in a call's id is left out of its file's name, which is never a path."""
    assert file_name(call_id) == expected
    assert os.path.basename(expected) == expected


def test_a_document_is_kept(tmp_path: Path) -> None:
    """The folder is made with those above it; the file is whole, replaced, and its owner's only."""
    told: list[str] = []
    folder = tmp_path / "a" / "b"
    transcripts = Transcripts(folder, told.append)
    transcripts.open()
    assert list(folder.iterdir()) == []
    document = {"call_id": "c", "transcript": "Grüße", "half": "\ud83d"}
    for times in (1, 2):
        transcripts.keep("c", {**document, "times": times})
    (path,) = folder.iterdir()
    assert ("c.json", 0o600) == (path.name, stat.S_IMODE(path.stat().st_mode))
    text = path.read_text(encoding="utf-8")
    assert json.loads(text) == {**document, "half": "?", "times": 2}
    assert "Grüße" in text
    assert told == []


def test_a_file_that_others_could_read_becomes_private(tmp_path: Path) -> None:
    """The permissions of an older file are not taken over."""
    (tmp_path / "c.json").write_text("{}")
    (tmp_path / "c.json").chmod(0o644)
    Transcripts(tmp_path, print).keep("c", {})
    assert stat.S_IMODE((tmp_path / "c.json").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    """A file where the folder should be is found before the first call."""
    (tmp_path / "x").write_text("")
    with pytest.raises(OutputError, match=r"cannot write transcripts to '.*x': .*; choose another"):
        Transcripts(tmp_path / "x", print).open()


def test_a_failure_is_told_once(tmp_path: Path) -> None:
    """A folder that has gone is told of once, and nothing is raised."""
    told: list[str] = []
    transcripts = Transcripts(tmp_path / "gone", told.append)
    transcripts.keep("a", {})
    transcripts.keep("b", {})
    assert [line.partition(": ")[0] for line in told] == [
        f"a transcript cannot be written to {str(tmp_path / 'gone')!r}"
    ]
