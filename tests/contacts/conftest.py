"""Lists on disk, for the tests of reading and screening."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from string import ascii_uppercase
from xml.sax.saxutils import escape

import pytest

WriteList = Callable[..., Path]


@pytest.fixture
def write_list(tmp_path: Path) -> WriteList:
    """Return a function that writes a list, text or bytes, and returns its path."""

    def write(content: str | bytes, name: str = "list.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


Cell = str | float | bool | None
WriteBook = Callable[..., Path]

_NS = "http://schemas.openxmlformats.org"
_TYPES = (
    f'<Types xmlns="{_NS}/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_LINK = f"{_NS}/officeDocument/2006/relationships"


def _links(kind: str, targets: list[str]) -> str:
    links = "".join(
        f'<Relationship Id="r{n}" Type="{_LINK}/{kind}" Target="{target}"/>'
        for n, target in enumerate(targets)
    )
    return f'<Relationships xmlns="{_NS}/package/2006/relationships">{links}</Relationships>'


def _cell(at: str, value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{at}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    kind = ' t="b"' if isinstance(value, bool) else ""
    return f'<c r="{at}"{kind}><v>{float(value):.17g}</v></c>'


def _row(n: int, row: list[Cell]) -> str:
    cells = "".join(_cell(f"{ascii_uppercase[at]}{n}", value) for at, value in enumerate(row))
    return f'<row r="{n}">{cells}</row>'


def _sheet(rows: list[list[Cell]]) -> str:
    lines = (_row(n, row) for n, row in enumerate(rows, 1))
    main = f"{_NS}/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


@pytest.fixture
def write_book(tmp_path: Path) -> WriteBook:
    """Return a function that writes a workbook of named sheets, each a list of rows."""

    def write(sheets: dict[str, list[list[Cell]]], name: str = "list.xlsx") -> Path:
        path = tmp_path / name
        main = f'xmlns="{_NS}/spreadsheetml/2006/main" xmlns:r="{_LINK}"'
        named = "".join(
            f'<sheet name="{sheet}" sheetId="{n + 1}" r:id="r{n}"/>'
            for n, sheet in enumerate(sheets)
        )
        with zipfile.ZipFile(path, "w") as book:
            book.writestr("[Content_Types].xml", _TYPES)
            book.writestr("_rels/.rels", _links("officeDocument", ["xl/workbook.xml"]))
            book.writestr(
                "xl/workbook.xml", f"<workbook {main}><sheets>{named}</sheets></workbook>"
            )
            targets = [f"worksheets/s{n}.xml" for n in range(len(sheets))]
            book.writestr("xl/_rels/workbook.xml.rels", _links("worksheet", targets))
            for target, rows in zip(targets, sheets.values(), strict=True):
                book.writestr(f"xl/{target}", _sheet(rows))
        return path

    return write
