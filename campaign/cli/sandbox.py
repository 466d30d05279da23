"""`campaign sandbox`."""

from __future__ import annotations

from campaign.cli.say import say
from campaign.sandbox.plan import SandboxPlan
from campaign.sandbox.serve import serve


def sandbox_command(*, host: str, port: int, speed: float, lines: int, seed: int) -> None:
    """Serve a simulated provider until interrupted."""
    plan = SandboxPlan(speed=speed, concurrency_limit=lines, seed=seed)
    serve(plan, host=host, port=port, on_ready=lambda url: say(f"sandbox ready at {url}"))
