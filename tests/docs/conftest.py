"""The README, taken apart."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^([ ]*)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
REDIRECTED = re.compile(r"\d?>>?\s*\S+")
ENDS = {"&&", "||", ";", "|", "&"}


@pytest.fixture(scope="session")
def readme() -> str:
    """Return the text of the README."""
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def blocks(readme: str) -> Callable[[str], list[str]]:
    """Return a function that gives the README's blocks of one language, in order."""

    def of(language: str) -> list[str]:
        return [text for _, found, text in BLOCK.findall(readme) if found == language]

    return of


@pytest.fixture(scope="session")
def invocations() -> Callable[[str], list[list[str]]]:
    """Return a function that gives the arguments of every `campaign` command in a block."""

    def of(block: str) -> list[list[str]]:
        found: list[list[str]] = []
        for line in block.replace("\\\n", " ").replace("&&\n", "&& ").splitlines():
            found += _invocations(_words(line))
        return found

    return of


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(REDIRECTED.sub("", line), posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    return list(lexer)


def _invocations(words: list[str]) -> list[list[str]]:
    found: list[list[str]] = []
    inside = False
    for word in words:
        if word in ENDS:
            inside = False
        elif inside:
            found[-1].append(word)
        elif word == "campaign" or word.endswith("/campaign"):
            inside = True
            found.append([])
    return found
