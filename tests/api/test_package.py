"""What the package shows of itself."""

from __future__ import annotations

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
    with pytest.raises(AttributeError, match="has no attribute 'anything'"):
        _ = campaign.anything
