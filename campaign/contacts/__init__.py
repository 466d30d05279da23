"""Any list becomes contacts and rejects: read, find the columns, screen every row."""

from __future__ import annotations

from campaign.contacts.columns import RESULT_COLUMNS
from campaign.contacts.read import SUFFIXES
from campaign.contacts.screen import Listing, read_list
from campaign.contacts.verdicts import heading

__all__ = ["RESULT_COLUMNS", "SUFFIXES", "Listing", "heading", "read_list"]
