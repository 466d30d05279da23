"""Creating calls: shapes, validation, refusals, idempotency."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign.errors import ConfigError
from campaign.sandbox import Limits, Number, Sandbox, SandboxPlan

Send = Callable[..., tuple[int, Any]]
FROM, TO = "+14157774444", "+14155550100"
BOTH = {"from_number": FROM, "to_number": TO}


def test_a_create_answers_a_registered_call(create: Send) -> None:
    """A create answers 201 with the call as v2 shows a fresh one: registered, no times."""
    fields = {
        "metadata": {"attempt_id": "att_1"},
        "retell_llm_dynamic_variables": {"name": "Ann"},
        "custom_sip_headers": {"X-Id": "1"},
        "override_agent_id": "agent_x",
        "override_agent_version": 3,
    }
    status, call = create(Sandbox(), **fields)
    call_id = call.pop("call_id")
    expected = {
        "call_type": "phone_call",
        "agent_id": "agent_x",
        "agent_version": 3,
        "agent_name": "Sandbox",
        "call_status": "registered",
        "direction": "outbound",
        "data_storage_setting": "everything",
        "telephony_identifier": {"twilio_call_sid": f"CA{call_id[5:]}"},
        **BOTH,
        "metadata": {"attempt_id": "att_1"},
        "retell_llm_dynamic_variables": {"name": "Ann"},
        "custom_sip_headers": {"X-Id": "1"},
    }
    assert (status, call) == (201, expected)


def test_a_version_tag_is_accepted(create: Send) -> None:
    """An agent version can be a tag; the call then shows a number."""
    status, call = create(Sandbox(), override_agent_version="latest-published")
    assert (status, call["agent_version"]) == (201, 0)


def test_v1_answers_v1_fields(ask: Send) -> None:
    """The v1 create answers the old fields and none of v2's."""
    sandbox = Sandbox()
    status, call = ask(
        sandbox, "POST /create-phone-call", {**BOTH, "drop_call_if_machine_detected": True}
    )
    call.pop("call_id")
    expected = {
        "agent_id": "agent_sandbox",
        "audio_websocket_protocol": "twilio",
        "audio_encoding": "mulaw",
        "sample_rate": 8000,
        "call_status": "registered",
        "end_call_after_silence_ms": 600000,
        **BOTH,
        "direction": "outbound",
        "drop_call_if_machine_detected": True,
        "opt_out_sensitive_data_storage": False,
    }
    assert (status, call) == (201, expected)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"from_number": 1}, "/from_number must be a number in E.164 format"),
        ({"from_number": "0415"}, "/from_number must be a number in E.164 format"),
        ({"to_number": 5}, "/to_number must be string"),
        ({"to_number": ""}, "/to_number must be string"),
        ({"to_number": "4155550100"}, "/to_number must be a number in E.164 format"),
        ({"override_agent_id": 5}, "/override_agent_id must be string"),
        ({"override_agent_version": -1}, "/override_agent_version must be >= 0"),
        ({"override_agent_version": True}, "/override_agent_version must be integer or string"),
        ({"override_agent_version": 1.5}, "/override_agent_version must be integer or string"),
        (
            {"override_agent_version": "Not A Tag"},
            "/override_agent_version must match pattern [a-z0-9_-]{1,20}",
        ),
        ({"agent_override": []}, "/agent_override must be object"),
        ({"metadata": "x"}, "/metadata must be object"),
        ({"metadata": {"x": "y" * 50_000}}, "/metadata must not be larger than 50000 bytes"),
        (
            {"retell_llm_dynamic_variables": {"age": 3}},
            "/retell_llm_dynamic_variables/age must be string",
        ),
        (
            {"retell_llm_dynamic_variables": {"a": "b", "n": None}},
            "/retell_llm_dynamic_variables/n must be string",
        ),
        ({"retell_llm_dynamic_variables": 3}, "/retell_llm_dynamic_variables must be object"),
        ({"custom_sip_headers": {"X-A": 1}}, "/custom_sip_headers/X-A must be string"),
        (
            {"custom_sip_headers": {"Id": "1"}},
            "/custom_sip_headers/Id must have a name that starts with X-",
        ),
        ({"ignore_e164_validation": "yes"}, "/ignore_e164_validation must be boolean"),
        ({"idempotency_key": 7}, "/idempotency_key must be string"),
        (
            {"idempotency_key": "k" * 256},
            "/idempotency_key must NOT have more than 255 characters",
        ),
        ({"honor_internal_dnc": 1}, "/honor_internal_dnc must be boolean"),
    ],
)
def test_invalid_fields_are_refused(create: Send, fields: dict[str, Any], message: str) -> None:
    """A value of the wrong type is a 400 of the gateway that names the field."""
    sandbox = Sandbox()
    expected = (400, {"error_message": f"request/body{message}"})
    assert (create(sandbox, **fields), len(sandbox.calls)) == (expected, 0)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "request/body must be object"),
        (b"\xff", "request/body must be object"),
        (b"[" * 100_000, "request/body must be object"),
        ([], "request/body must be object"),
        ({"to_number": TO}, "request/body must have required property 'from_number'"),
        ({"from_number": FROM}, "request/body must have required property 'to_number'"),
    ],
)
def test_bodies_that_are_no_create_are_refused(ask: Send, body: object, message: str) -> None:
    """A body that is no object, or lacks a number, is a 400."""
    expected = (400, {"error_message": message})
    assert ask(Sandbox(), "POST /v2/create-phone-call", body) == expected


def test_v1_checks_its_own_fields_only(ask: Send) -> None:
    """V1 checks `drop_call_if_machine_detected` and lets v2's fields pass unread."""
    sandbox = Sandbox()
    line = "POST /create-phone-call"
    wrong = ask(sandbox, line, {**BOTH, "drop_call_if_machine_detected": "no"})
    passed = ask(sandbox, line, {**BOTH, "idempotency_key": 3})
    message = "request/body/drop_call_if_machine_detected must be boolean"
    assert (wrong, passed[0]) == ((400, {"error_message": message}), 201)


def test_unknown_fields_pass(create: Send) -> None:
    """A field that nobody knows is no reason to refuse."""
    sandbox = Sandbox()
    _, call = create(sandbox, brand_new=1)
    assert sandbox.calls[call["call_id"]].request == {**BOTH, "brand_new": 1}


def test_e164_can_be_ignored(create: Send) -> None:
    """With `ignore_e164_validation` a number goes as it is written."""
    status, call = create(Sandbox(), to_number="100", ignore_e164_validation=True)
    assert (status, call["to_number"]) == (201, "100")


REFUSALS = SandboxPlan(
    numbers={FROM: Number(), "+14157774445": Number(agents=())},
    agents=frozenset({"agent_a"}),
    dnc=frozenset({TO}),
    blocked_countries={"+972": "IL"},
)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"from_number": "+14157774446"},
            (404, "Item +14157774446 not found from phone-number"),
        ),
        (
            {"from_number": "+14157774445"},
            (400, "No outbound agent id set up for phone number."),
        ),
        (
            {"override_agent_id": "agent_b"},
            (422, "Cannot find requested asset under given api key."),
        ),
        ({"to_number": "+972541234567"}, (400, "Call country not supported: IL")),
        ({"honor_internal_dnc": True}, (400, "Contact is marked as do not call.")),
    ],
)
def test_the_account_refuses(
    create: Send, fields: dict[str, Any], expected: tuple[int, str]
) -> None:
    """What the account does not have or allow is refused in the provider's words."""
    status, body = create(Sandbox(REFUSALS), **fields)
    assert (status, body) == (expected[0], {"status": "error", "message": expected[1]})


@pytest.mark.parametrize(
    "fields",
    [
        {"from_number": "+14157774445", "override_agent_id": "agent_a"},
        {"override_agent_id": "agent_a"},
        {"honor_internal_dnc": False},
        {},
    ],
)
def test_the_account_accepts(create: Send, fields: dict[str, Any]) -> None:
    """An agent in the create makes up for a number without one; dnc counts only when honoured."""
    assert create(Sandbox(REFUSALS), **fields)[0] == 201


def test_v1_refusals_name_their_text_differently(ask: Send) -> None:
    """V1 puts the text of a refusal under `error_message`."""
    body = {**BOTH, "from_number": "+14157774446"}
    expected = (404, {"error_message": "Item +14157774446 not found from phone-number"})
    assert ask(Sandbox(REFUSALS), "POST /create-phone-call", body) == expected


def test_an_unpaid_account_is_refused(create: Send) -> None:
    """Without a payment method a create is a 402."""
    expected = {"status": "error", "message": "Trial has ended, please add payment method."}
    assert create(Sandbox(SandboxPlan(paid=False))) == (402, expected)


@pytest.mark.parametrize(
    ("plan", "key", "expected"),
    [
        (SandboxPlan(), "", 401),
        (SandboxPlan(), "anything", 201),
        (SandboxPlan(keys=frozenset({"right"})), "wrong", 401),
        (SandboxPlan(keys=frozenset({"right"})), "right", 201),
    ],
)
def test_the_key_is_checked(ask: Send, plan: SandboxPlan, key: str, expected: int) -> None:
    """Any key will do, unless the plan names them; none is a 401."""
    assert ask(Sandbox(plan), "POST /v2/create-phone-call", BOTH, key=key)[0] == expected


def test_the_same_key_gives_the_same_call(create: Send) -> None:
    """Within an hour the same idempotency key brings the first call's answer and no new call."""
    sandbox = Sandbox()
    first = create(sandbox, idempotency_key="att_1")
    again = create(sandbox, idempotency_key="att_1", at_s=3600)
    assert (again, len(sandbox.calls)) == (first, 1)
    assert [(e.created, e.idempotent_replay) for e in sandbox.log] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("plan", "at_s"), [(SandboxPlan(), 3601.0), (SandboxPlan(honors_keys=False), 1.0)]
)
def test_a_key_that_is_old_or_ignored_makes_another_call(
    create: Send, plan: SandboxPlan, at_s: float
) -> None:
    """After an hour, or on a server that predates the key, the same request is another call."""
    sandbox = Sandbox(plan)
    create(sandbox, idempotency_key="att_1")
    create(sandbox, idempotency_key="att_1", at_s=at_s)
    assert [entry.created for entry in sandbox.log] == [True, True]


def test_the_log_tells_what_was_created(create: Send) -> None:
    """An entry names the call, both numbers, the attempt and the live calls after it."""
    sandbox = Sandbox()
    _, call = create(sandbox, metadata={"attempt_id": "att_9"})
    entry = sandbox.log[0]
    assert (entry.method, entry.path, entry.status) == ("POST", "/v2/create-phone-call", 201)
    assert (entry.call_id, entry.to_number, entry.from_number) == (call["call_id"], TO, FROM)
    assert (entry.attempt_id, entry.created, entry.live) == ("att_9", True, 1)


@pytest.mark.parametrize(
    ("plan", "line"),
    [
        (SandboxPlan(), "POST /v2/list-calls"),
        (SandboxPlan(), "DELETE /v2/create-phone-call"),
        (SandboxPlan(), "GET /v2/get-call/"),
        (SandboxPlan(), "GET /"),
        (SandboxPlan(v1_gone=True), "POST /create-phone-call"),
        (SandboxPlan(v1_gone=True), "GET /get-call/call_1"),
        (SandboxPlan(v1_gone=True), "GET /list-calls"),
        (SandboxPlan(lacks=frozenset({"GET /get-concurrency"})), "GET /get-concurrency"),
    ],
)
def test_what_is_not_there_cannot_be_asked(ask: Send, plan: SandboxPlan, line: str) -> None:
    """A path that does not exist, or is gone, is a 404 in plain text."""
    assert ask(Sandbox(plan), line, BOTH) == (404, f"Cannot {line}")


@pytest.mark.parametrize(
    "wrong",
    [{"speed": 0.0}, {"shares": {}}, {"shares": {"user_hangup": -1.0, "dial_busy": 3.0}}],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """A speed of 0 and shares that are none are configuration errors."""
    with pytest.raises(ConfigError):
        SandboxPlan(**wrong)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)
NAMES = (*BOTH, "metadata", "retell_llm_dynamic_variables", "ignore_e164_validation", "limit")


@settings(max_examples=60)
@given(
    body=st.dictionaries(st.sampled_from(NAMES), JSON)
    | st.just({"from_number": FROM, "to_number": "\ud800", "ignore_e164_validation": True})
    | st.just({**BOTH, "metadata": {"x": "\ud800"}})
)
def test_no_body_breaks_the_machine(body: dict[str, Any]) -> None:
    """Whatever JSON comes in, a create is answered, and made only with a 201."""
    sandbox = Sandbox(SandboxPlan(limits=Limits(errors_per_60s=None)))
    raw = json.dumps(body).encode()
    headers = {"authorization": "Bearer k"}
    answer = sandbox.answer("POST", "/v2/create-phone-call", headers, raw, 1e9)
    assert (answer.status == 201) is (len(sandbox.calls) == 1)
