"""What the package shows of itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

import campaign
from campaign import api, errors


def test_the_public_names() -> None:
    """The names are there, and lead to the façade."""
    assert sorted(campaign.__all__) == dir(campaign)
    assert api.run is campaign.run
    assert errors.CampaignError is campaign.CampaignError


def test_other_names() -> None:
    """What is not exported is not there."""
    for package in (campaign, api):
        with pytest.raises(AttributeError, match="has no attribute 'anything'"):
            _ = package.anything


@pytest.mark.parametrize("command", ["check", "status", "results", "report", "persons", "suppress"])
def test_what_places_no_call_loads_no_client(command: str) -> None:
    """A command that asks no provider does not wait for what would ask one to be loaded."""
    script = (
        f"import campaign.cli.{command}, sys;"
        "print(sorted({'httpx', 'rich', 'tenacity', 'campaign.retell', 'campaign.sandbox'}"
        " & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
