"""Any list becomes contacts and rejects: read, find the columns, screen every row."""

from __future__ import annotations

from campaign.contacts.columns import RESULT_COLUMNS
from campaign.contacts.consent import ConsentColumns
from campaign.contacts.read import SUFFIXES
from campaign.contacts.screen import Listing, read_list
from campaign.contacts.suppression_files import Notice
from campaign.contacts.verdicts import heading

__all__ = [
    "RESULT_COLUMNS",
    "SUFFIXES",
    "ConsentColumns",
    "Listing",
    "Notice",
    "heading",
    "read_list",
]
