"""Everything that can end a command, and the exit code each ending has.

::

    CampaignError                 1   a bug of ours, unless a leaf says otherwise
    ├── UsageError                2   flags that cannot be used together
    ├── ListError                65   the contact list cannot be read or trusted
    ├── HaltError                69   the provider refuses or fails for the whole campaign
    │   └── KeyRefusedError      77   the provider refused the API key
    ├── OutputError              73   a results file cannot be written
    ├── LedgerError              74   the ledger cannot be read or written
    ├── BusyError                75   another run of this campaign holds the lock
    └── ConfigError              78   bad configuration, no such campaign, an unusable file

One contact's failure is never an exception: it is an outcome in the results.
"""

from __future__ import annotations

from typing import Any, ClassVar


class CampaignError(Exception):
    """A command ends here; `str(error)` says what went wrong, `hint` what to do about it.

    `result` is what `campaign.run` has to show all the same, where calls were placed before.
    """

    exit_code: ClassVar[int] = 1
    result: Any = None

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        message = super().__str__()
        told = not self.hint or message.endswith(self.hint)
        return message if told else f"{message}; {self.hint}"


class UsageError(CampaignError):
    """Flags or arguments that make no sense, alone or together."""

    exit_code = 2


class ListError(CampaignError):
    """The contact list cannot be read, has no or two phone columns, or fails `--strict`."""

    exit_code = 65


class HaltError(CampaignError):
    """The provider refuses or fails for the whole campaign: no further call is placed."""

    exit_code = 69


class KeyRefusedError(HaltError):
    """The provider refused the API key."""

    exit_code = 77


class OutputError(CampaignError):
    """The results, or a file beside them, cannot be written; the calls are in the ledger."""

    exit_code = 73


class LedgerError(CampaignError):
    """The ledger cannot be read or written, so no call may be placed."""

    exit_code = 74


class BusyError(CampaignError):
    """Another run of this campaign is under way."""

    exit_code = 75


class ConfigError(CampaignError):
    """The configuration, or a file or campaign it names, cannot be used."""

    exit_code = 78
