"""The provider: Retell's API, v2 and v1, behind `ports.Provider`; httpx lives here."""

from campaign.retell.address import base_address, is_loopback
from campaign.retell.client import RetellProvider

__all__ = ["RetellProvider", "base_address", "is_loopback"]
