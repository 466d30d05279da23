"""`--preflight`: the account is asked what a run would ask it, and its prompts what they use."""

from __future__ import annotations

from contextlib import aclosing

from campaign.api.preflight import Cleared, Desk, cleared
from campaign.api.proof import check_clock
from campaign.api.provider import account_of, open_provider
from campaign.api.refusals import check_run
from campaign.api.variables import heed_prompt
from campaign.model import Fault, Missing
from campaign.retell.client import RetellProvider


async def inquire(desk: Desk) -> None:
    """Ask the account about key, clock, caller numbers, lines and prompts; nobody is called.

    What no run can be begun with is raised, as a run would; what is odd is told.
    """
    check_run(desk.settings)
    async with aclosing(open_provider(desk.settings)) as provider:
        await account_of(provider, desk.notify)
        check_clock(provider)
        clear = await cleared(desk, provider)
        await look_at_prompts(desk, provider, clear)


async def look_at_prompts(desk: Desk, provider: RetellProvider, clear: Cleared) -> None:
    """Compare the variables of the agents' prompts with the list's; nobody is called."""
    named = desk.settings.agent
    for agent in sorted(clear.agents) if named is None else [named]:
        names = await provider.prompt_names(agent)
        if isinstance(names, Missing | Fault):
            desk.notify(f"the prompt of agent {agent!r} cannot be looked at: {names.message}")
        else:
            heed_prompt(desk.settings, desk.listing, names, desk.notify)
