"""What a simulated provider is like: its account, limits, callees and faults.

Everything has a default that behaves like a small, healthy, paid-up account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from campaign.errors import ConfigError
from campaign.sandbox.faults import FaultPlan

AGENT = "agent_sandbox"

SHARES: Mapping[str, float] = MappingProxyType(
    {
        "user_hangup": 0.22,
        "agent_hangup": 0.14,
        "voicemail_reached": 0.27,
        "dial_no_answer": 0.18,
        "dial_busy": 0.05,
        "user_declined": 0.04,
        "dial_failed": 0.02,
        "invalid_destination": 0.02,
        "ivr_reached": 0.015,
        "call_transfer": 0.015,
        "user_requested_callback": 0.01,
        "user_requested_dnc": 0.005,
        "inactivity": 0.01,
        "error_asr": 0.005,
    }
)
"""How often calls end for which reason; weights, they need not add up to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallScript:
    """The life of one call, as far as it is to be fixed; `None` leaves a part to the seed.

    Seconds are those of the simulated world, before `SandboxPlan.speed` shortens them.
    `analyzed=False` is a call whose analysis never comes.
    """

    status: str | None = None
    disconnection_reason: str | None = None
    ring_s: float | None = None
    talk_s: float | None = None
    cost_cents: float | None = None
    analysis: Mapping[str, Any] | None = None
    analysis_delay_s: float | None = None
    analyzed: bool = True
    collected: Mapping[str, Any] | None = None
    transcript: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A caller number of the account; without `agents`, only creates that name one succeed.

    `kind` bounds the pace that a caller may plan: `custom` telephony has the highest ceiling.
    """

    agents: tuple[str, ...] = (AGENT,)
    kind: str = "custom"
    countries: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Requests allowed per fixed window that opens with its first request; `None` is off.

    `errors` counts answers of 4xx to creates, throttling itself left out.
    """

    creates_per_10s: int | None = 1000
    errors_per_60s: int | None = 60
    lists_per_10s: int | None = 15
    others_per_10s: int | None = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlan:
    """Everything about a simulated provider.

    Callees: `seed` and `shares` decide how calls end, `scripts` fixes the nth call to a number
    (the last script goes on). `speed` shortens ringing, talking and the wait for the analysis and
    nothing else; `duration_ms` and cost stay those of the unshortened call.

    Account: `keys`, `numbers` and `agents` that exist (`None`: any), `paid`, `dnc`,
    `blocked_countries` as calling prefix to country. It can turn bad: `paid` may be a function of
    the seconds since the first request, `keys_valid` is one (false refuses every key), and `outage`
    is the share, 0 to 1, of creates that are answered 500 at that time without creating a call.

    Lines: `others` are live calls of somebody else on the account, a function of the seconds
    since the first request or steps `(from_s, count)`. `over_limit` says whether a create beyond
    the free lines is refused or accepted and then fails. `cps` refuses what is faster, per caller
    number and second.

    Age and gaps: `v1_gone` removes the v1 endpoints, `lacks` any others ("GET /get-concurrency");
    `honors_keys=False` ignores idempotency keys. `listing_lag_s` hides a new call from listings.
    """

    seed: int = 0
    speed: float = 60.0
    shares: Mapping[str, float] = field(default_factory=lambda: SHARES)
    scripts: Mapping[str, Sequence[CallScript]] = field(default_factory=dict)
    cents_per_minute: float = 12.0
    org_id: str = "org_sandbox"
    keys: frozenset[str] | None = None
    keys_valid: Callable[[float], bool] | None = None
    paid: bool | Callable[[float], bool] = True
    outage: Callable[[float], float] | None = None
    numbers: Mapping[str, Number] | None = None
    agents: frozenset[str] | None = None
    dnc: frozenset[str] = frozenset()
    blocked_countries: Mapping[str, str] = field(default_factory=dict)
    prompt: str = "You are a friendly caller. Ask whether this is a good time to talk."
    limits: Limits = field(default_factory=Limits)
    concurrency_limit: int | None = 20
    burst: bool = False
    reserved_inbound: int = 0
    others: Callable[[float], int] | Sequence[tuple[float, int]] = ()
    over_limit: Literal["429", "accept"] = "429"
    cps: int | None = None
    v1_gone: bool = False
    lacks: frozenset[str] = frozenset()
    honors_keys: bool = True
    listing_lag_s: float = 0.0
    list_recordings: bool = True
    end_times_of_not_connected: bool = True
    unknown_call_status: Literal[404, 422] = 404
    faults: FaultPlan = field(default_factory=FaultPlan)

    def __post_init__(self) -> None:
        if not self.speed > 0:
            raise ConfigError(
                f"a sandbox cannot run at speed {self.speed!r}", hint="use a number above 0"
            )
        if not sum(self.shares.values()) > 0 or min(self.shares.values()) < 0:
            raise ConfigError(
                f"{dict(self.shares)!r} are no shares of how calls end",
                hint="give weights of 0 or more, one of them above 0",
            )
