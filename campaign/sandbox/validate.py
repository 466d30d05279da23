"""What the gateway checks of a create before anybody looks at what it means.

Fields that nobody knows are let through, as the real gateway lets them through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

METADATA_BYTES = 50_000
E164 = re.compile(r"\+[1-9]\d{1,14}")
TAG = re.compile(r"[a-z0-9_-]{1,20}")

Check = Callable[[Any], str | None]
"""Returns what is wrong with a value, as it goes on after the name of the field."""


def create_problem(body: Any, *, v1: bool) -> str | None:
    """Return what is wrong with the body of a create, `None` if nothing is."""
    if not isinstance(body, dict):
        return "request/body must be object"
    for name in ("from_number", "to_number"):
        if name not in body:
            return f"request/body must have required property '{name}'"
    for name, check in (V1 if v1 else V2).items():
        if name in body and (problem := check(body[name])):
            return f"request/body/{name}{problem}"
    free_form = not v1 and body.get("ignore_e164_validation") is True
    if not free_form and not E164.fullmatch(body["to_number"]):
        return "request/body/to_number must be a number in E.164 format"
    return None


def _string(value: Any) -> str | None:
    return None if isinstance(value, str) and value else " must be string"


def _boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else " must be boolean"


def _object(value: Any) -> str | None:
    return None if isinstance(value, dict) else " must be object"


def _e164(value: Any) -> str | None:
    if isinstance(value, str) and E164.fullmatch(value):
        return None
    return " must be a number in E.164 format"


def _metadata(value: Any) -> str | None:
    if problem := _object(value):
        return problem
    size = len(
        json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    )
    return f" must not be larger than {METADATA_BYTES} bytes" if size > METADATA_BYTES else None


def _strings(value: Any) -> str | None:
    if problem := _object(value):
        return problem
    wrong = next((key for key, text in value.items() if not isinstance(text, str)), None)
    return None if wrong is None else f"/{wrong} must be string"


def _sip_headers(value: Any) -> str | None:
    if problem := _strings(value):
        return problem
    wrong = next((key for key in value if not key.lower().startswith("x-")), None)
    return None if wrong is None else f"/{wrong} must have a name that starts with X-"


def _version(value: Any) -> str | None:
    if isinstance(value, bool):
        return " must be integer or string"
    if isinstance(value, int):
        return None if value >= 0 else " must be >= 0"
    if isinstance(value, str):
        return None if TAG.fullmatch(value) else f" must match pattern {TAG.pattern}"
    return " must be integer or string"


def _key(value: Any) -> str | None:
    if problem := _string(value):
        return problem
    return " must NOT have more than 255 characters" if len(value) > 255 else None


_BOTH: Mapping[str, Check] = MappingProxyType(
    {
        "from_number": _e164,
        "to_number": _string,
        "override_agent_id": _string,
        "metadata": _metadata,
        "retell_llm_dynamic_variables": _strings,
    }
)

V1: Mapping[str, Check] = MappingProxyType({**_BOTH, "drop_call_if_machine_detected": _boolean})

V2: Mapping[str, Check] = MappingProxyType(
    {
        **_BOTH,
        "override_agent_version": _version,
        "agent_override": _object,
        "custom_sip_headers": _sip_headers,
        "ignore_e164_validation": _boolean,
        "idempotency_key": _key,
        "honor_internal_dnc": _boolean,
    }
)
