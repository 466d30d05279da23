"""The provider: Retell's API, v2 and v1, behind `ports.Provider`; httpx lives here.

Its webhooks come in through `Receiver`, which is `ports.News`.
"""

from campaign.retell.address import SecretText, base_address, is_loopback
from campaign.retell.client import RetellProvider
from campaign.retell.receiver import Receiver

__all__ = ["Receiver", "RetellProvider", "SecretText", "base_address", "is_loopback"]
