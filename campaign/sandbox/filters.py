"""The filters of v3 listings: typed conditions on a call's fields, all of which must hold."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from campaign.sandbox.calls import CallRecord

Getter = Callable[[CallRecord, float], Any]
Test = Callable[[CallRecord, float], bool]


class FilterError(ValueError):
    """A listing asks for something that cannot be asked; the text is the gateway's."""


LISTED_STATUSES = frozenset({"not_connected", "ongoing", "ended", "error"})
"""Statuses that can be asked for: `registered` is none of them."""


def _analysis(name: str) -> Getter:
    return lambda record, now_s: (record.analysis(now_s) or {}).get(name)


def _request(name: str) -> Getter:
    return lambda record, _: record.request.get(name)


FIELDS: Mapping[str, tuple[frozenset[str], Getter]] = MappingProxyType(
    {
        "call_id": (frozenset({"string", "enum"}), lambda record, _: record.call_id),
        "call_status": (frozenset({"enum"}), CallRecord.status),
        "call_type": (frozenset({"enum"}), lambda _record, _now: "phone_call"),
        "direction": (frozenset({"enum"}), lambda _record, _now: "outbound"),
        "to_number": (frozenset({"string"}), _request("to_number")),
        "from_number": (frozenset({"string"}), _request("from_number")),
        "start_timestamp": (frozenset({"number", "range"}), CallRecord.start_ms),
        "end_timestamp": (frozenset({"number", "range"}), CallRecord.end_ms),
        "duration_ms": (frozenset({"number", "range"}), CallRecord.duration_ms),
        "disconnection_reason": (frozenset({"enum"}), CallRecord.reason),
        "batch_call_id": (frozenset({"string", "enum"}), lambda _record, _now: None),
        "user_sentiment": (frozenset({"enum"}), _analysis("user_sentiment")),
        "call_successful": (frozenset({"boolean"}), _analysis("call_successful")),
        "in_voicemail": (frozenset({"boolean"}), _analysis("in_voicemail")),
    }
)

MAPS: Mapping[str, str] = MappingProxyType(
    {"metadata": "metadata", "dynamic_variables": "retell_llm_dynamic_variables"}
)
"""Filters that are lists of conditions on top-level keys, and the request's field they look at."""

OPS: Mapping[tuple[str, str], Callable[[Any, Any], bool]] = MappingProxyType(
    {
        ("string", "eq"): operator.eq,
        ("string", "ne"): operator.ne,
        ("string", "sw"): lambda have, value: have.startswith(value),
        ("string", "ew"): lambda have, value: have.endswith(value),
        ("string", "co"): lambda have, value: value in have,
        ("enum", "in"): lambda have, value: have in value,
        ("number", "eq"): operator.eq,
        ("number", "ne"): operator.ne,
        ("number", "gt"): operator.gt,
        ("number", "ge"): operator.ge,
        ("number", "lt"): operator.lt,
        ("number", "le"): operator.le,
        ("range", "bt"): lambda have, value: value[0] <= have <= value[1],
        ("boolean", "eq"): operator.is_,
    }
)


def tests(criteria: Any) -> list[Test]:
    """Turn `filter_criteria` into tests; `FilterError` where it is not understood."""
    where = "request/body/filter_criteria"
    if not isinstance(criteria, dict):
        raise FilterError(f"{where} must be object")
    found: list[Test] = []
    for name, condition in criteria.items():
        if name in MAPS:
            found += _of_map(name, condition, f"{where}/{name}")
        elif name in FIELDS:
            types, getter = FIELDS[name]
            found.append(_of_field(getter, condition, types, f"{where}/{name}"))
        else:
            raise FilterError(f"{where} must NOT have additional properties: {name}")
        if name == "call_status" and not LISTED_STATUSES.issuperset(condition["value"]):
            raise FilterError(f"{where}/{name} must be equal to one of the allowed values")
    return found


def _of_field(getter: Getter, condition: Any, types: frozenset[str], where: str) -> Test:
    if not isinstance(condition, dict):
        raise FilterError(f"{where} must be object")
    kind, value = condition.get("type"), condition.get("value")
    op = OPS.get((str(kind), str(condition.get("op"))))
    if kind not in types or op is None:
        raise FilterError(f"{where} must match a schema of type {' or '.join(sorted(types))}")
    if not _fits(kind, value):
        raise FilterError(f"{where}/value must be a value of type {kind}")

    def test(record: CallRecord, now_s: float) -> bool:
        have = getter(record, now_s)
        return have is not None and op(have, value)

    return test


def _of_map(name: str, conditions: Any, where: str) -> list[Test]:
    if not isinstance(conditions, list):
        raise FilterError(f"{where} must be array")
    return [_of_entry(MAPS[name], condition, where) for condition in conditions]


def _of_entry(field: str, condition: Any, where: str) -> Test:
    key = condition.get("key") if isinstance(condition, dict) else None
    if not isinstance(key, str):
        raise FilterError(f"{where} must have required property 'key'")

    def getter(record: CallRecord, _now_s: float) -> Any:
        have = record.request.get(field, {}).get(key)
        return have if isinstance(have, str) else None

    return _of_field(getter, condition, frozenset({"string"}), where)


def _fits(kind: str, value: Any) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "enum":
            return isinstance(value, list) and all(isinstance(one, str) for one in value)
        case "range":
            return isinstance(value, list) and len(value) == 2 and all(map(_is_number, value))
        case "boolean":
            return isinstance(value, bool)
        case _:
            return _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
