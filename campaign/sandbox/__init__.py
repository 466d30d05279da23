"""A simulated provider: one pure state machine, and two doors to it.

`Sandbox.answer` takes a request and the time and returns an answer; nothing in it reads a clock,
waits or opens a socket. `transport` is the door inside the process (an httpx transport), `serve`
the one on loopback, which also posts the events of calls whose create named a webhook.
"""

from __future__ import annotations

from campaign.sandbox.answer import Answer, Entry
from campaign.sandbox.calls import CallRecord
from campaign.sandbox.faults import FaultName, FaultPlan
from campaign.sandbox.machine import Sandbox
from campaign.sandbox.plan import CallScript, Limits, Number, SandboxPlan
from campaign.sandbox.webhooks import Notice

__all__ = [
    "Answer",
    "CallRecord",
    "CallScript",
    "Entry",
    "FaultName",
    "FaultPlan",
    "Limits",
    "Notice",
    "Number",
    "Sandbox",
    "SandboxPlan",
]
