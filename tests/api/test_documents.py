"""Transcripts of answered calls, kept beside a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import campaign
from campaign.errors import OutputError
from campaign.outcomes.transcripts import Transcripts
from campaign.sandbox.plan import CallScript
from campaign.sandbox.serve import Served

Serve = Callable[..., Served]

ANSWERED = CallScript(
    status="ended", disconnection_reason="user_hangup", transcript="Agent: Hello!"
)
BUSY = CallScript(status="not_connected", disconnection_reason="dial_busy")
SCRIPTS = {"+14155550100": [ANSWERED], "+14155550101": [BUSY], "+14155550102": [ANSWERED]}


@pytest.fixture
def followed(options: Any) -> Callable[..., dict[str, Any]]:
    """Return the keywords of a run that follows its calls and keeps transcripts."""

    def of(server: Served) -> dict[str, Any]:
        given: dict[str, Any] = options(server, follow=True, analysis_for="2s", transcripts="calls")
        return given

    return of


def test_answered_calls_are_kept(frame: pl.DataFrame, serve: Serve, followed: Any) -> None:
    """Each answered call has a file with what the provider holds of it, named by its id."""
    result = campaign.run(frame, **followed(serve(speed=1e6, scripts=SCRIPTS)))
    ids = result.frame.filter(pl.col("call_outcome") == "answered")["call_id"].to_list()
    documents = {path.stem: json.loads(path.read_text()) for path in Path("calls").iterdir()}
    assert {name: (name, "Agent: Hello!") for name in ids} == {
        name: (document["call_id"], document["transcript"]) for name, document in documents.items()
    }
    assert 2 == len(ids)


def test_a_folder_that_cannot_be(frame: pl.DataFrame, serve: Serve, followed: Any) -> None:
    """A folder that cannot be made ends the run before anybody is asked anything."""
    server = serve()
    Path("calls").write_text("")
    with pytest.raises(OutputError, match="cannot write transcripts to 'calls'"):
        campaign.run(frame, **followed(server))
    assert [] == server.sandbox.log


def test_a_transcript_that_cannot_be_written(
    frame: pl.DataFrame,
    serve: Serve,
    followed: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A folder that goes away is told of once, and the run ends as it would."""
    opened = Transcripts.open

    def gone(transcripts: Transcripts) -> None:
        opened(transcripts)
        Path("calls").rmdir()

    monkeypatch.setattr(Transcripts, "open", gone)
    result = campaign.run(frame, **followed(serve(speed=1e6, scripts=SCRIPTS)))
    assert {"answered": 2, "busy": 1, "rejected": 1} == dict(result.summary.outcomes)
    assert 1 == caplog.text.count("a transcript cannot be written to 'calls'")
