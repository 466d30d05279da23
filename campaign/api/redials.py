"""Who is dialled again: the policy that settings ask for, as it is kept, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from campaign.config import Settings
from campaign.dialer.feed import in_thread
from campaign.model import Campaign
from campaign.outcomes.ahead import Ahead, look_ahead
from campaign.outcomes.tally import Tally
from campaign.policy import redial
from campaign.policy.redial import Policy
from campaign.ports import Ledger

OPTIONS = ("attempts", "redial_after", "redial_on")


def policy_of(settings: Settings) -> Policy:
    """Return how settings dial again."""
    return Policy(
        attempts=settings.attempts,
        after_s=settings.redial_after,
        on=frozenset(settings.redial_on),
    )


def kept_policy(campaign: Campaign) -> Policy:
    """Return how a campaign's last run dialled again."""
    kept = {name: campaign.options[name] for name in OPTIONS if name in campaign.options}
    return policy_of(Settings.model_validate(kept))


def options_of(settings: Settings) -> dict[str, str]:
    """Return the settings of redials as text, as the ledger keeps them; defaults are left out."""
    texts = {
        "attempts": str(settings.attempts),
        "redial_after": ",".join(f"{wait_s:.3f}s" for wait_s in settings.redial_after),
        "redial_on": ",".join(settings.redial_on),
    }
    default = Settings()
    return {
        name: text
        for name, text in texts.items()
        if getattr(settings, name) != getattr(default, name)
    }


def in_vain(settings: Settings) -> str | None:
    """Return a notice on outcomes that were asked to be dialled again and never are."""
    never = [outcome for outcome in settings.redial_on if outcome not in redial.REDIALLED]
    if not never:
        return None
    can_be = sorted(redial.REDIALLED)
    return f"never dialled again: {', '.join(never)} (--redial-on takes {', '.join(can_be)})"


async def ahead_of(
    ledger: Ledger, name: str, policy: Policy, found: Tally, *, until: datetime
) -> Ahead:
    """Return how many contacts of a list are due by `until`, and when the next one is."""

    def look() -> Ahead:
        with ledger.snapshot(name) as snapshot:
            again = found.again(policy.attempts)
            return look_ahead(again, policy, snapshot.attempts, until=until)

    ahead = await in_thread(look)
    return replace(ahead, due=ahead.due + found.waiting())
