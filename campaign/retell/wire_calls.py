"""The bodies of create and get-call, v1's and v2's, and what they mean in our terms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from campaign.model import EMPTY, Call
from campaign.retell.wire import (
    Answer,
    Count,
    Flag,
    Millis,
    Number,
    Object,
    OrNone,
    Request,
    Text,
    Version,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CENTS = 100.0


class CreateV1(Request):
    """Body of v1's `POST /create-phone-call`."""

    from_number: str
    to_number: str
    override_agent_id: str | None = None
    metadata: dict[str, Any] | None = None
    retell_llm_dynamic_variables: dict[str, str] | None = None
    drop_call_if_machine_detected: bool | None = None


class CreateV2(Request):
    """Body of `POST /v2/create-phone-call`."""

    from_number: str
    to_number: str
    override_agent_id: str | None = None
    override_agent_version: int | str | None = None
    agent_override: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    retell_llm_dynamic_variables: dict[str, str] | None = None
    custom_sip_headers: dict[str, str] | None = None
    ignore_e164_validation: bool | None = None
    idempotency_key: str | None = None
    honor_internal_dnc: bool | None = None


class Analysis(BaseModel):
    """`call_analysis`: comes some time after the end."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    call_summary: Text = None
    in_voicemail: Flag = None
    user_sentiment: Text = None
    call_successful: Flag = None
    custom_analysis_data: Object = None


NO_ANALYSIS = Analysis()


class Cost(BaseModel):
    """`call_cost`: `combined_cost` in cents, durations in seconds."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    combined_cost: Number = None
    total_duration_seconds: Number = None
    total_duration_unit_price: Number = None


class CallAnswer(Answer):
    """What v1 and v2 both say of a call; timestamps are ms since the epoch."""

    call_id: Text = None
    agent_id: Text = None
    call_status: Text = None
    from_number: Text = None
    to_number: Text = None
    direction: Text = None
    metadata: Object = None
    retell_llm_dynamic_variables: Object = None
    opt_out_sensitive_data_storage: Flag = None
    start_timestamp: Millis = None
    end_timestamp: Millis = None
    disconnection_reason: Text = None
    transcript: Text = None
    recording_url: Text = None
    public_log_url: Text = None
    call_analysis: Annotated[Analysis | None, OrNone()] = None


class CallV1(CallAnswer):
    """v1's answer to create and get-call."""

    audio_websocket_protocol: Text = None
    audio_encoding: Text = None
    sample_rate: Count = None
    end_call_after_silence_ms: Count = None
    drop_call_if_machine_detected: Flag = None


class CallV2(CallAnswer):
    """v2's answer to create and get-call, and an item of v3's listing."""

    call_type: Text = None
    agent_version: Version = None
    agent_name: Text = None
    collected_dynamic_variables: Object = None
    custom_sip_headers: Object = None
    data_storage_setting: Text = None
    duration_ms: Number = None
    call_cost: Annotated[Cost | None, OrNone()] = None
    telephony_identifier: Object = None


def to_call(answer: CallAnswer, *, status: str) -> Call | None:
    """Return the call, `None` where its id cannot be read; `status` stands in for none."""
    if not answer.call_id:
        return None
    analysis = answer.call_analysis or NO_ANALYSIS
    started, ended = _moment(answer.start_timestamp), _moment(answer.end_timestamp)
    duration_s, cost_usd, collected = _v2_only(answer)
    return Call(
        call_id=answer.call_id,
        status=answer.call_status or status,
        to_number=answer.to_number,
        from_number=answer.from_number,
        agent_id=answer.agent_id,
        metadata=answer.metadata or EMPTY,
        disconnection_reason=answer.disconnection_reason,
        started_at=started,
        ended_at=ended,
        duration_s=_between(started, ended) if duration_s is None else duration_s,
        cost_usd=cost_usd,
        summary=analysis.call_summary,
        sentiment=analysis.user_sentiment,
        successful=analysis.call_successful,
        in_voicemail=analysis.in_voicemail,
        analysis=analysis.custom_analysis_data,
        collected=collected,
        recording_url=answer.recording_url,
        transcript=answer.transcript,
    )


def _v2_only(answer: CallAnswer) -> tuple[float | None, float | None, Mapping[str, Any] | None]:
    if not isinstance(answer, CallV2):
        return None, None, None
    duration = None if answer.duration_ms is None else answer.duration_ms / 1000
    cents = answer.call_cost.combined_cost if answer.call_cost else None
    dollars = None if cents is None else cents / CENTS
    return duration, dollars, answer.collected_dynamic_variables


def _moment(millis: float | None) -> datetime | None:
    if millis is None:
        return None
    try:
        return EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return None


def _between(started: datetime | None, ended: datetime | None) -> float | None:
    if started is None or ended is None or ended < started:
        return None
    return (ended - started).total_seconds()
