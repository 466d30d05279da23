"""Settings from flags, environment and file."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from campaign.config import Settings, config_folder, load
from campaign.errors import ConfigError, UsageError
from campaign.model import Outcome


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def toml(folder: Path, text: str, name: str = "campaign.toml") -> Path:
    """Write a configuration."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults(folder: Path) -> None:
    """Without any source the defaults hold."""
    assert load({}, environ={}, find_config=True) == Settings()


def test_precedence(folder: Path) -> None:
    """Flags go before the environment, that before the file, that before the defaults."""
    toml(folder, "max_live = 2\nin_flight = 2\nlimit = 2\n")
    environ = {"CAMPAIGN_IN_FLIGHT": "3", "CAMPAIGN_LIMIT": "3"}
    found = load({"limit": 4}, environ=environ, find_config=True)
    assert (2, 3, 4, 1.0) == (found.max_live, found.in_flight, found.limit, found.cps)


def test_entries_are_merged(folder: Path) -> None:
    """A variable of a flag is added to those of the file, and wins over its namesake."""
    toml(folder, 'var = {company = "Acme", name = "you"}\nmeta = {a = 1}\n')
    found = load({"var": ["name=Ada"]}, environ={"CAMPAIGN_META": "b=2"}, find_config=True)
    assert ({"company": "Acme", "name": "Ada"}, {"a": "1", "b": "2"}) == (found.var, found.meta)


def test_other_tables_are_replaced(folder: Path) -> None:
    """An agent override is taken from one source as a whole."""
    toml(folder, "[agent_override]\na = 1\n[breaker]\nfailed_in_a_row = 3\n")
    environ = {"CAMPAIGN_AGENT_OVERRIDE": '{"b": {"c": 2}}'}
    found = load({}, environ=environ, find_config=True)
    assert ({"b": {"c": 2}}, 3) == (found.agent_override, found.breaker.failed_in_a_row)


def test_a_file_is_read_where_it_is_looked_for(folder: Path) -> None:
    """A `campaign.toml` in the folder counts only for those who look for one."""
    toml(folder, "limit = 2\n")
    assert load({}, environ={}).limit is None
    assert load({}, environ={}, config="campaign.toml").limit == 2


def test_values_as_toml_writes_them(folder: Path) -> None:
    """TOML's own types are understood."""
    toml(
        folder,
        'from_number = ["+14155550101", "+14155550102"]\ncps = "any"\nuntil = 18:30:00\n'
        'drain_for = "5s"\nagent_version = 3\nfollow = false\nverbose = 1\n',
    )
    found = load({}, environ={}, find_config=True)
    assert ("+14155550101", "+14155550102") == found.from_number
    assert (None, "18:30", 5.0, 3, False, 1) == (
        found.cps,
        found.until,
        found.drain_for,
        found.agent_version,
        found.follow,
        found.verbose,
    )


def test_values_as_the_environment_writes_them() -> None:
    """Everything is text in the environment; empty is not set."""
    found = load(
        {},
        environ={
            "CAMPAIGN_FROM_NUMBER": "+14155550101,+14155550102,+14155550101",
            "CAMPAIGN_CPS": "2.5",
            "CAMPAIGN_SANDBOX": "1",
            "CAMPAIGN_FOLLOW": "no",
            "CAMPAIGN_VAR": "a=1,b=2",
            "CAMPAIGN_BREAKER": '{"failed_in_a_row": 0}',
            "CAMPAIGN_AGENT": "",
            "RETELL_BASE_URL": "http://127.0.0.1:1",
            "CAMPAIGN_BASE_URL": "",
        },
    )
    assert ("+14155550101", "+14155550102") == found.from_number
    assert (2.5, True, False, {"a": "1", "b": "2"}, 0, None, "http://127.0.0.1:1") == (
        found.cps,
        found.sandbox,
        found.follow,
        found.var,
        found.breaker.failed_in_a_row,
        found.agent,
        found.base_url,
    )


def test_the_runners_own_base_url_goes_first() -> None:
    """`CAMPAIGN_BASE_URL` wins over `RETELL_BASE_URL`."""
    environ = {"RETELL_BASE_URL": "https://a.example", "CAMPAIGN_BASE_URL": "https://b.example"}
    assert load({}, environ=environ).base_url == "https://b.example"


def test_values_as_python_writes_them() -> None:
    """Keywords may be numbers, paths, mappings and time spans."""
    found = load(
        {
            "from_number": "+14155550101",
            "cps": 2,
            "var": {"a": 1},
            "out": Path("x.csv"),
            "drain_for": timedelta(minutes=1),
            "until": timedelta(minutes=1),
            "region": "us",
        },
        environ={},
    )
    assert (("+14155550101",), 2.0, {"a": "1"}, "x.csv", 60.0, "60.000s", "US") == (
        found.from_number,
        found.cps,
        found.var,
        found.out,
        found.drain_for,
        found.until,
        found.region,
    )


def test_redials_budget_and_webhooks(folder: Path) -> None:
    """The same settings come from a file, the environment or keywords, as each writes them."""
    toml(
        folder,
        'attempts = 3\nredial_after = ["30m", "2h"]\nredial_on = ["busy"]\nwait = "1h"\n'
        'budget = 50\ncost_per_call = 0.25\ntranscripts = "calls"\nlocal_presence = true\n'
        'webhook_port = 0\nwebhook_host = "::1"\nwebhook_url = "https://calls.example/hook"\n'
        'webhook_key_env = "HOOK_KEY"\n',
        "conf/spring.toml",
    )
    environ = {
        "CAMPAIGN_ATTEMPTS": "3",
        "CAMPAIGN_REDIAL_AFTER": "30m,2h",
        "CAMPAIGN_REDIAL_ON": "busy",
        "CAMPAIGN_WAIT": "1h",
        "CAMPAIGN_BUDGET": "50",
        "CAMPAIGN_COST_PER_CALL": "0.25",
        "CAMPAIGN_TRANSCRIPTS": "conf/calls",
        "CAMPAIGN_LOCAL_PRESENCE": "1",
        "CAMPAIGN_WEBHOOK_PORT": "0",
        "CAMPAIGN_WEBHOOK_HOST": "::1",
        "CAMPAIGN_WEBHOOK_URL": "https://calls.example/hook",
        "CAMPAIGN_WEBHOOK_KEY_ENV": "HOOK_KEY",
    }
    found = load({}, environ={}, config="conf/spring.toml")
    assert found == load({}, environ=environ)
    assert (3, (1800.0, 7200.0), (Outcome.BUSY,), 3600.0) == (
        found.attempts,
        found.redial_after,
        found.redial_on,
        found.wait,
    )
    assert (50.0, 0.25, "conf/calls", True) == (
        found.budget,
        found.cost_per_call,
        found.transcripts,
        found.local_presence,
    )
    assert (0, "::1", "https://calls.example/hook", "HOOK_KEY") == (
        found.webhook_port,
        found.webhook_host,
        found.webhook_url,
        found.webhook_key_env,
    )


def test_paths_are_relative_to_their_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in a file are taken from its folder; absolute ones, addresses and `-` are left."""
    monkeypatch.setenv("HOME", "/home/ada")
    text = 'contacts = "list.csv"\nout = "/tmp/out.csv"\nledger = "~/c.db"\nname = "x"\n'
    toml(folder, text, "conf/spring.toml")
    found = load({}, environ={}, config=Path("conf/spring.toml"))
    assert ("conf/list.csv", "/tmp/out.csv", "/home/ada/c.db", "x") == (
        found.contacts,
        found.out,
        found.ledger,
        found.name,
    )
    toml(folder, 'contacts = "-"\nout = "x.csv"\n')
    found = load({}, environ={}, find_config=True)
    assert ("-", "x.csv") == (found.contacts, found.out)
    far = "s3://bucket/list.csv"
    toml(folder, f'contacts = "{far}"\nsuppress = ["{far}", "x.csv"]\n', "conf/far.toml")
    found = load({}, environ={}, config="conf/far.toml")
    assert (far, (far, "conf/x.csv")) == (found.contacts, found.suppress)


@pytest.mark.parametrize(
    ("config", "expected"),
    [(None, None), ("a.toml", Path()), ("/b/a.toml", Path("/b")), ("~/a.toml", Path("/home/ada"))],
)
def test_the_folder_of_a_configuration(
    config: str | None, expected: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named configuration has a folder."""
    monkeypatch.setenv("HOME", "/home/ada")
    assert config_folder(config) == expected


BAD: list[tuple[str, Any, str]] = [
    ("from_number", "+1", "'+1' is not E.164; write it like +14155550123"),
    ("from_number", 7, "Input should be a valid tuple (given: 7)"),
    ("name", "", "String should have at least 1 character (given: '')"),
    ("name", " ", "a campaign's name cannot be empty (given: ' ')"),
    ("region", "USA", "'USA' is no region; write two letters like US"),
    ("cps", 0, "Input should be greater than or equal to 0.001 (given: 0)"),
    ("cps", "nan", "Input should be a finite number (given: 'nan')"),
    ("cps", True, "True is no number"),
    ("max_live", 0, "Input should be greater than or equal to 1 (given: 0)"),
    ("limit", True, "True is no number"),
    ("limit", "x", "Input should be a valid integer, unable to parse string as an integer"),
    ("drain_for", "90", "'90' is no duration; write it as 90s, 30m, 2h or 1d"),
    ("until", "x", "'x' is neither a time of day nor a duration; write it as 18:00 or 90m"),
    ("api", "v3", "Input should be 'v2' or 'v1' (given: 'v3')"),
    ("var", {"current_time_ny": "9"}, "the provider fills 'current_time_ny' itself; rename yours"),
    ("var", {"offer": "{{price}}"}, "'offer' cannot go into a prompt: {{ or }} in a value"),
    ("var", {"offer": "10\x00"}, "'offer' cannot go into a prompt: a control character"),
    ("var", {"offer": "\u202e10"}, "'offer' cannot go into a prompt: a bidirectional override"),
    ("var", {"offer": "x" * 2_001}, "'offer' cannot go into a prompt: more than 2,000 characters"),
    ("meta", {"attempt_id": "1"}, "the entry 'attempt_id' is written by campaign itself"),
    ("yes", "maybe", "Input should be a valid boolean"),
    ("attempts", 0, "Input should be greater than or equal to 1 (given: 0)"),
    ("redial_after", [], "Tuple should have at least 1 item after validation, not 0"),
    ("redial_after", "30", "'30' is no duration; write it as 90s, 30m, 2h or 1d"),
    ("redial_on", "ringing", "'ringing' is no outcome; the words are pending, placed"),
    ("redial_on", 3, "Input should be a valid tuple (given: 3)"),
    ("wait", "-1s", "'-1s' is no duration"),
    ("budget", 0, "Input should be greater than 0 (given: 0)"),
    ("budget", "inf", "Input should be a finite number (given: 'inf')"),
    ("budget", True, "True is no number"),
    ("cost_per_call", -0.1, "Input should be greater than or equal to 0 (given: -0.1)"),
    ("webhook_port", 65536, "Input should be less than or equal to 65535 (given: 65536)"),
    ("webhook_port", -1, "Input should be greater than or equal to 0 (given: -1)"),
    ("webhook_url", "calls.example", "is no address; write it like https://example.com/calls"),
    ("webhook_host", "", "String should have at least 1 character (given: '')"),
    ("local_presence", "maybe", "Input should be a valid boolean"),
    ("agent_override", "[1", "is no table; as text it is written as a JSON object"),
]


@pytest.mark.parametrize(("name", "value", "complaint"), BAD)
def test_a_bad_keyword(name: str, value: Any, complaint: str) -> None:
    """A value that cannot be used is named with what is wrong with it."""
    with pytest.raises(UsageError) as caught:
        load({name: value}, environ={}, spelled=lambda known: f"<{known}>")
    expected = complaint.replace("'v2' or 'v1'", "'v1' or 'v2'")
    assert str(caught.value).startswith(f"<{name}>: {expected}")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("max_live = 0", "max_live in 'campaign.toml': Input should be greater than"),
        ("limit = true", "limit in 'campaign.toml': True is no number"),
        (
            "max_lives = 1",
            "unknown setting 'max_lives' in 'campaign.toml'; did you mean 'max_live'",
        ),
        ("zzz = 1", "unknown setting 'zzz' in 'campaign.toml'; see `campaign run --help`"),
        ("api_key = 'k'", "unknown setting 'api_key' in 'campaign.toml'; did you mean 'api_key_f"),
        ("[breaker]\nx = 1", "unknown setting breaker.x in 'campaign.toml'"),
        (
            "[breaker]\nfailed_in_row = 1",
            (
                "unknown setting breaker.failed_in_row in 'campaign.toml'; did you mean"
                " 'breaker.failed_in_a_row'"
            ),
        ),
        (
            "failed_in_a_row = 1",
            (
                "unknown setting 'failed_in_a_row' in 'campaign.toml'; did you mean"
                " 'breaker.failed_in_a_row'"
            ),
        ),
        ("[breaker]\nfailed_in_a_row = -1", "breaker.failed_in_a_row in 'campaign.toml': Input"),
        ("[http]\nread_timeout = '0s'", "http.read_timeout in 'campaign.toml': Input should be gr"),
        ("breaker = [1]", "breaker in 'campaign.toml': Input should be a valid dictionary"),
        ("= 1", "the configuration 'campaign.toml' is no TOML"),
    ],
)
def test_a_bad_file(folder: Path, text: str, complaint: str) -> None:
    """What is wrong in a file is an error although flags override it all."""
    toml(folder, text)
    with pytest.raises(ConfigError) as caught:
        load({"max_live": 3, "limit": 3}, environ={}, find_config=True)
    assert complaint in str(caught.value)


def test_a_file_that_is_no_text(folder: Path) -> None:
    """A configuration is UTF-8."""
    (folder / "campaign.toml").write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigError, match="is no TOML"):
        load({}, environ={}, find_config=True)


@pytest.mark.parametrize("name", ["missing.toml", ".", "~nobody-of-that-name/x.toml"])
def test_a_missing_file(folder: Path, name: str) -> None:
    """A named configuration has to be there."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load({}, environ={}, config=name)


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("CAMPAIGN_MAX_LIVE", "0", "CAMPAIGN_MAX_LIVE: Input should be"),
        ("CAMPAIGN_BREAKER", "[", "CAMPAIGN_BREAKER: is no table"),
        ("CAMPAIGN_BREAKER", '{"x": 1}', "unknown setting CAMPAIGN_BREAKER.x"),
    ],
)
def test_a_bad_environment(variable: str, value: str, complaint: str) -> None:
    """What is wrong in the environment is named by its variable, overridden or not."""
    with pytest.raises(ConfigError) as caught:
        load({"max_live": 3}, environ={variable: value})
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "told"),
    [
        (
            "CAMPAIGN_MAX_LIFE",
            ["CAMPAIGN_MAX_LIFE is no setting; did you mean 'CAMPAIGN_MAX_LIVE'?"],
        ),
        ("CAMPAIGN_XQZWJ_9", ["CAMPAIGN_XQZWJ_9 is no setting; see `campaign run --help`"]),
        ("CAMPAIGN_CONFIG", []),
        ("CAMPAIGN_MAX_LIVE", []),
        ("CAMPAIGNS", []),
    ],
)
def test_unknown_variables(variable: str, told: list[str]) -> None:
    """A variable that looks like a setting and is none is told of, with the nearest name."""
    heard: list[str] = []
    load({}, environ={variable: "7"}, notify=heard.append)
    assert len(heard) == len(told)
    assert all(part in line for part, line in zip(told, heard, strict=True))


def test_a_warning_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Without somebody to tell, the log is told."""
    with caplog.at_level(logging.WARNING, "campaign"):
        load({}, environ={"CAMPAIGN_MAX_LIFE": "7"})
    assert ["settings"] == [record.__dict__["action"] for record in caplog.records]


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no environment is given, the process's own counts."""
    monkeypatch.setenv("CAMPAIGN_LIMIT", "7")
    assert load({}).limit == 7
