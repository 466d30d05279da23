"""Help as a manual page has it: summary, options by subject, then examples, files, exit codes.

Written without `rich`, whose import would take longer than all the rest of `--help`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

from campaign.cli.say import line

VERBATIM = re.compile(r"^ {2,}\S", re.MULTILINE)
TYPE = re.compile(r" <[^>]*>$")
ARGUMENTS = "Arguments"
REST = "Options"


class Page(TyperCommand):
    """A command whose options are shown by subject."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option that shows this page."""
        return _shown_as_data(super().get_help_option(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the command's name in its first line."""
        arguments = [one for one in self.get_params(ctx) if one.param_type_name == "argument"]
        return [self.options_metavar or "", *map(_usage, arguments)]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write the description; what is indented in it stays as it is written."""
        with formatter.indentation():
            write_text(formatter, inspect.cleandoc(self.help or ""))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments and options, each under its subject."""
        panels: dict[str, list[tuple[str, str]]] = {}
        told = ((one, one.get_help_record(ctx)) for one in self.get_params(ctx))
        for parameter, record in ((one, record) for one, record in told if record is not None):
            panels.setdefault(_panel(parameter), []).append(_plain(*record))
        for name in sorted(panels, key=lambda name: _place(name, panels[name])):
            with formatter.section(name):
                formatter.write_dl(panels[name], col_max=24)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write what follows the options."""
        write_text(formatter, self.epilog or "")


class Pages(TyperGroup):
    """A group of commands; each is one line."""

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option that shows this page."""
        return _shown_as_data(super().get_help_option(ctx))

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write the description; what is indented in it stays as it is written."""
        with formatter.indentation():
            write_text(formatter, inspect.cleandoc(self.help or ""))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, then the options."""
        commands = [(name, _summary(command)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(commands)
        records = [parameter.get_help_record(ctx) for parameter in self.get_params(ctx)]
        with formatter.section(REST):
            formatter.write_dl([record for record in records if record is not None])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write what follows."""
        write_text(formatter, self.epilog or "")


def _shown_as_data(option: Any) -> Any:
    """Have a page written as other data is, so that what cannot be written has its exit code."""
    option.callback = _show
    return option


def _show(ctx: Any, _: Any, value: bool) -> None:  # noqa: FBT001 - typer's callback
    if value and not ctx.resilient_parsing:
        line(ctx.get_help())
        ctx.exit()


def _summary(command: Any) -> str:
    """Return the first paragraph of what a command says of itself, whole."""
    return paragraphs(inspect.cleandoc(command.help))[0]


def _usage(argument: Any) -> str:
    name = argument.metavar or argument.name
    return name if argument.required else f"[{name}]"


def _place(name: str, records: Sequence[tuple[str, str]]) -> int:
    """Return where a subject stands: a command's own options before those that many have."""
    if name == ARGUMENTS:
        return 0
    return 2 if name != REST else 1 if len(records) > 1 else 3


def _panel(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return ARGUMENTS
    return parameter.rich_help_panel or REST


def _plain(name: str, text: str) -> tuple[str, str]:
    """Leave out the Python type of an argument, which helps nobody who types one."""
    return TYPE.sub("", name), text


def write_text(formatter: Any, text: str) -> None:
    """Write paragraphs, wrapped; those that have an indented line stay as they are written."""
    for paragraph in paragraphs(text):
        formatter.write_paragraph()
        if VERBATIM.search(paragraph):
            indent = " " * formatter.current_indent
            formatter.write("".join(f"{indent}{line}\n" for line in paragraph.splitlines()))
        else:
            formatter.write_text(paragraph)


def paragraphs(text: str) -> Sequence[str]:
    """Return the paragraphs of a text."""
    return [part for part in re.split(r"\n\s*\n", text) if part.strip()]
