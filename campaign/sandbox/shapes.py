"""A call as JSON: v2's fields, v2's without the long ones for listings, and v1's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from campaign.sandbox.calls import CallRecord
from campaign.sandbox.plan import SandboxPlan

FRESH_S = -math.inf
"""A moment at which no call has begun: how the answer to a create shows it."""

_MACHINE = frozenset({"voicemail_reached", "ivr_reached", "machine_detected"})

V1_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "transfer_bridged": "call_transfer",
        "transfer_cancelled": "agent_hangup",
        "call_take_over": "call_transfer",
        "manual_stopped": "agent_hangup",
        "ivr_reached": "voicemail_reached",
        "user_requested_dnc": "user_hangup",
        "user_requested_callback": "user_hangup",
        "user_declined": "dial_busy",
        "invalid_destination": "dial_failed",
        "telephony_provider_unavailable": "error_twilio",
        "telephony_provider_permission_denied": "error_twilio",
        "sip_routing_error": "error_twilio",
        "marked_as_spam": "error_twilio",
        "network_blocked": "error_twilio",
        "credit_exhausted": "no_valid_payment",
        "budget_reached": "no_valid_payment",
        "scam_detected": "error_unknown",
    }
)
"""Reasons that v1 did not have yet, and the one it gave instead."""


def as_v2(record: CallRecord, now_s: float, plan: SandboxPlan) -> dict[str, Any]:
    """Return a call as v2's create and get-call show it at a moment."""
    return _item(record, now_s, plan) | _long(record, now_s)


def as_item(record: CallRecord, now_s: float, plan: SandboxPlan) -> dict[str, Any]:
    """Return a call as a listing shows it: without transcripts, and where planned recordings."""
    item = _item(record, now_s, plan)
    if plan.list_recordings and record.start_ms(now_s) is not None and record.has_ended(now_s):
        item["recording_url"] = _recording(record)
    return item


def as_v1(record: CallRecord, now_s: float) -> dict[str, Any]:
    """Return a call as v1 shows it: fewer statuses and reasons, no cost."""
    reason = _v1_reason(record, now_s)
    return _known(
        {
            "call_id": record.call_id,
            "agent_id": record.agent_id,
            "audio_websocket_protocol": "twilio",
            "audio_encoding": "mulaw",
            "sample_rate": 8000,
            "call_status": _v1_status(record.status(now_s), reason),
            "end_call_after_silence_ms": 600_000,
            "from_number": record.from_number,
            "to_number": record.to_number,
            "direction": "outbound",
            "metadata": record.request.get("metadata"),
            "retell_llm_dynamic_variables": record.request.get("retell_llm_dynamic_variables"),
            "drop_call_if_machine_detected": _drops(record),
            "opt_out_sensitive_data_storage": False,
            "start_timestamp": record.start_ms(now_s),
            "end_timestamp": record.end_ms(now_s),
            "disconnection_reason": reason,
            "call_analysis": _plain(record.analysis(now_s)),
            **_long(record, now_s),
        }
    )


def _item(record: CallRecord, now_s: float, plan: SandboxPlan) -> dict[str, Any]:
    request = record.request
    version = request.get("override_agent_version", 0)
    ended = record.has_ended(now_s)
    timed = plan.end_times_of_not_connected or record.status(now_s) != "not_connected"
    return _known(
        {
            "call_type": "phone_call",
            "call_id": record.call_id,
            "agent_id": record.agent_id,
            "agent_version": version if isinstance(version, int) else 0,
            "agent_name": "Sandbox",
            "call_status": record.status(now_s),
            "direction": "outbound",
            "from_number": record.from_number,
            "to_number": record.to_number,
            "data_storage_setting": "everything",
            "telephony_identifier": {"twilio_call_sid": f"CA{record.call_id[5:]}"},
            "metadata": request.get("metadata"),
            "retell_llm_dynamic_variables": request.get("retell_llm_dynamic_variables"),
            "custom_sip_headers": request.get("custom_sip_headers"),
            "start_timestamp": record.start_ms(now_s),
            "end_timestamp": record.end_ms(now_s) if timed else None,
            "duration_ms": record.duration_ms(now_s),
            "disconnection_reason": record.reason(now_s),
            "collected_dynamic_variables": _plain(record.life.collected) if ended else None,
            "call_cost": _cost(record) if ended and record.connects_s is not None else None,
            "call_analysis": _plain(record.analysis(now_s)),
        }
    )


def _long(record: CallRecord, now_s: float) -> dict[str, Any]:
    if record.start_ms(now_s) is None or not record.has_ended(now_s):
        return {}
    return {
        "transcript": record.life.transcript,
        "recording_url": _recording(record),
        "public_log_url": f"https://sandbox.invalid/{record.call_id}/log.txt",
    }


def _recording(record: CallRecord) -> str:
    return f"https://sandbox.invalid/{record.call_id}/recording.wav"


def _cost(record: CallRecord) -> dict[str, Any]:
    cents = record.life.cost_cents
    return {
        "product_costs": [{"product": "sandbox", "cost": cents}] if cents else [],
        "total_duration_seconds": round(record.life.talk_s),
        "combined_cost": cents,
    }


def _drops(record: CallRecord) -> bool:
    return record.v1 and record.request.get("drop_call_if_machine_detected") is True


def _v1_reason(record: CallRecord, now_s: float) -> str | None:
    reason = record.reason(now_s)
    if reason is None:
        return None
    if reason in _MACHINE and _drops(record):
        return "machine_detected"
    return V1_REASONS.get(reason, reason)


def _v1_status(status: str, reason: str | None) -> str:
    if status != "not_connected":
        return status
    return "error" if reason == "error_twilio" else "ended"


def _plain(value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if value is None else dict(value)


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
