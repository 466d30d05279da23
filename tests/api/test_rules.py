"""Names, paths, refusals and moments: rules that need no list and no provider."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from campaign.api.outputs import inputs_of
from campaign.api.provider import bound_url
from campaign.api.refusals import check_run, deadline
from campaign.api.sources import (
    campaign_name,
    ledger_path,
    list_path,
    recorded_options,
    results_path,
    stem,
)
from campaign.config import Settings
from campaign.errors import ConfigError, UsageError

LIMITS = {"cps": "1.0", "max_live": "20"}
GOOD = {"from_number": "+14157774444", "hours": "any"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a/spring.csv", "spring"),
        ("spring.csv.gz", "spring"),
        ("spring.results.csv", "spring"),
        ("spring.results.csv.gz", "spring"),
        ("spring.v2.parquet", "spring.v2"),
        (".results.csv", ".results"),
        ("a/spring/", "spring"),
        ("a/spring-*.csv.gz", "list"),
        ("a/*", "list"),
        ("s3://bucket/a/spring.csv.gz", "spring"),
        ("https://host/spring.csv?key=a.b/c", "spring"),
        ("/", "list"),
    ],
)
def test_stems(source: str, expected: str) -> None:
    """A list and its own results file are the same campaign."""
    assert stem(source) == expected


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        (None, "a/spring.csv", "spring"),
        ("autumn", "spring.csv", "autumn"),
        (None, None, "frame"),
        (None, "-", "stdin"),
        ("Ko\u0308ln", None, "Köln"),
        (None, "a/Ko\u0308ln.csv", "Köln"),
    ],
)
def test_names(name: str | None, source: str | None, expected: str) -> None:
    """A campaign is called as told, or as its list; accents have one form."""
    assert campaign_name(Settings(name=name), source) == expected


@pytest.mark.parametrize(
    ("out", "source", "expected"),
    [
        ("x/y.parquet", "a.csv", "x/y.parquet"),
        ("x.csv", None, "x.csv"),
        (None, None, None),
        (None, "-", "stdin.results.csv"),
        (None, "a/b.csv", "b.results.csv"),
        (None, "b.PARQUET", "b.results.parquet"),
        (None, "b.tsv", "b.results.csv"),
        (None, "b.jsonl", "b.results.ndjson"),
        (None, "b.ndjson.gz", "b.results.ndjson"),
        (None, "b.csv.zst", "b.results.csv"),
        (None, "b.xlsx", "b.results.xlsx"),
        (None, "a/lists", "lists.results.csv"),
        (None, "a/*.csv", "list.results.csv"),
        (None, "a/*.parquet", "list.results.parquet"),
        (None, "https://host/b.parquet?key=a.b", "b.results.parquet"),
    ],
)
def test_results_paths(out: str | None, source: str | None, expected: str | None) -> None:
    """Results go where they are told to, or beside where we are, in the list's own format."""
    found = results_path(Settings(out=out), source)
    assert found == (None if expected is None else Path(expected))


@pytest.mark.parametrize(
    ("settings", "config", "expected"),
    [
        ({}, None, "campaign.db"),
        ({"sandbox": True}, None, "campaign.sandbox.db"),
        ({"ledger": "x.db", "sandbox": True}, "conf/a.toml", "x.db"),
        ({}, "conf/a.toml", "conf/campaign.db"),
        ({"sandbox": True}, Path("conf/a.toml"), "conf/campaign.sandbox.db"),
    ],
)
def test_ledger_paths(settings: dict[str, Any], config: str | Path | None, expected: str) -> None:
    """The ledger is where it is told to be, or beside a named configuration."""
    assert ledger_path(Settings(**settings), config) == Path(expected)


def test_names_of_what_is_here(folder: Path) -> None:
    """The current folder has its own name; a file with the signs of a pattern is no pattern."""
    (folder / "spring [1].csv").touch()
    assert (folder.name, "spring [1]") == (stem("."), stem("spring [1].csv"))


def test_inputs(folder: Path) -> None:
    """No file of a folder or pattern is replaced; what is far away cannot be."""
    (folder / "lists").mkdir()
    (folder / "lists" / "a.csv").touch()
    ledger, file = Path("x.db"), Path("lists/a.csv")
    for source in ("lists", "lists/*.csv", "lists/a.csv"):
        assert file == inputs_of(source, ledger)[0]
    for far in (None, "-", "s3://bucket/a.csv"):
        assert ledger == inputs_of(far, ledger)[0]


def test_list_paths(folder: Path) -> None:
    """The ledger keeps an absolute path, and none where there is no file."""
    assert ("", "", str(folder / "a.csv")) == (list_path(None), list_path("-"), list_path("a.csv"))


def test_what_is_recorded(folder: Path) -> None:
    """What `results` needs is recorded; what is default is not."""
    settings = Settings.model_validate(
        {
            "key": "id",
            "region": "us",
            "out": "x.csv",
            "excel_safe": True,
            "suppress": ["a,b.csv"],
            "consent_date_column": "since",
            "consent_max_age": "1d",
            "clean_variables": True,
        }
    )
    assert {
        "consent_date_column": "since",
        "consent_max_age": "86400.000s",
        "clean_variables": "true",
        "suppress": json.dumps([str(folder / "a,b.csv")]),
        "key": "id",
        "region": "US",
        "out": str(folder / "x.csv"),
        "excel_safe": "true",
        **LIMITS,
    } == recorded_options(settings)
    assert LIMITS == recorded_options(Settings())
    again = Settings.model_validate(recorded_options(settings))
    assert ((str(folder / "a,b.csv"),), 86400.0) == (again.suppress, again.consent_max_age)


def test_limits_are_recorded() -> None:
    """Pace and lines are always recorded, as text that reads back as they were."""
    recorded = recorded_options(Settings.model_validate({"cps": "2.5", "max_live": 300}))
    assert {"cps": "2.5", "max_live": "300"} == recorded
    assert 2.5 == Settings.model_validate(recorded).cps
    lifted = recorded_options(Settings.model_validate({"cps": "any"}))
    assert {"cps": "any", "max_live": "20"} == lifted
    assert None is Settings.model_validate(lifted).cps


def test_redials_are_recorded() -> None:
    """What tells when a contact falls due is recorded as text, unless it is default."""
    settings = Settings.model_validate(
        {"attempts": 3, "redial_after": "30m,90s", "redial_on": "busy,voicemail"}
    )
    assert {
        "attempts": "3",
        "redial_after": "1800.000s,90.000s",
        "redial_on": "busy,voicemail",
        **LIMITS,
    } == recorded_options(settings)


@pytest.mark.parametrize(
    ("more", "error", "told"),
    [
        ({"from_number": ()}, UsageError, "there is no caller number"),
        ({"only": "+14155550100"}, UsageError, "a test call needs both --only and --to"),
        ({"to": "+14155550100"}, UsageError, "a test call needs both --only and --to"),
        ({"cps": "any"}, UsageError, "--cps any is for the sandbox and loopback only"),
        ({"http": {"read_timeout": "59s"}}, ConfigError, "an answer is waited for 59 s only"),
        ({"drop_machine": True}, UsageError, "--drop-machine does not exist in v2"),
        ({"webhook_url": "https://x.example"}, ConfigError, "nobody listens for webhooks"),
    ],
)
def test_refusals(more: dict[str, Any], error: type[Exception], told: str) -> None:
    """What cannot be meant or allowed is refused."""
    with pytest.raises(error, match=told):
        check_run(Settings(**{**GOOD, **more}))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"hours": "09:00-20:00"},
        {"only": "+14155550100", "to": "+14155550101"},
        {"cps": "any", "sandbox": True},
        {"cps": "any", "base_url": "http://127.0.0.1:1"},
        {"drop_machine": True, "api": "v1"},
        {"http": {"read_timeout": "60s", "connect_timeout": "1s"}},
        {"http": {"read_timeout": "1s"}, "sandbox": True},
        {"http": {"read_timeout": "1s"}, "base_url": "http://127.0.0.1:1"},
    ],
)
def test_no_refusals(more: dict[str, Any]) -> None:
    """What can be meant is let through."""
    check_run(Settings(**{**GOOD, **more}))


def test_what_a_ledger_is_bound_to() -> None:
    """A ledger is bound to the base URL in one spelling, or to the sandbox."""
    urls = ["https://api.retellai.com", "HTTPS://API.retellai.com/"]
    assert {urls[0]} == {bound_url(Settings(base_url=url)) for url in urls}
    assert bound_url(Settings(sandbox=True)) == "sandbox"


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have the clock of this machine be New York's."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
@pytest.mark.parametrize(
    ("until", "now", "expected"),
    [
        (None, "2026-03-02T12:00", None),
        ("90m", "2026-03-02T12:00", "2026-03-02T13:30"),
        ("18:00", "2026-03-02T15:00", "2026-03-02T23:00"),
        ("9:30", "2026-03-02T15:00", "2026-03-03T14:30"),
        ("10:00", "2026-03-02T15:00", "2026-03-03T15:00"),
        # The clocks go forward at 02:00 on March 8th: five hours from UTC become four.
        ("09:00", "2026-03-08T03:00", "2026-03-08T13:00"),
        ("09:00", "2026-03-07T20:00", "2026-03-08T13:00"),
    ],
)
def test_deadlines(until: str | None, now: str, expected: str | None) -> None:
    """A time of day is the next one on this machine's clock, a duration is from now."""
    found = deadline(until, datetime.fromisoformat(now).replace(tzinfo=UTC))
    at = None if expected is None else datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert found == at
