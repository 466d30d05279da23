"""Write cases.json anew: small lists as people have them, each with what must become of it.

    python tests/contacts/messy/make_cases.py

A case is a name, the bytes of the file (as Latin-1 text), the file's suffix, the region, and either
`rows` or `error`. A row is the number that is called, or null and the beginning of the reason, and
the values of its other columns. The verdicts are written by hand, here; nothing is run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

A, B, C = "+14155550101", "+14155550102", "+14155550103"
NO_CODE = "no country code"
RUINED = "ruined by a spreadsheet"
QUOTES = "quotes that do not match"


def case(
    name: str,
    content: str | bytes,
    *rows: tuple[Any, ...],
    error: str | None = None,
    suffix: str = ".csv",
    region: str | None = None,
) -> dict[str, Any]:
    """Return one case; a row is (number or None, reason or None, other values...)."""
    raw = content if isinstance(content, bytes) else content.encode()
    found = {"name": name, "content": raw.decode("latin-1"), "suffix": suffix, "region": region}
    return {**found, "error": error} if error else {**found, "rows": rows}


def good(number: str, *values: str | None) -> tuple[Any, ...]:
    """Return a row that is called."""
    return (number, None, *values)


def bad(reason: str, *values: str | None) -> tuple[Any, ...]:
    """Return a row that is rejected."""
    return (None, reason, *values)


def cells() -> list[dict[str, Any]]:
    """Return lists of one phone cell each, in every state people leave them in."""
    written: list[tuple[str, str, str, str | None]] = [
        ("excel text formula", '="+14155550101"', A, None),
        ("leading apostrophe", "'+14155550101", A, None),
        ("tel address", "tel:+1-415-555-0101", A, None),
        ("dots", "+1.415.555.0101", A, None),
        ("brackets", "+1 (415) 555-0101", A, None),
        ("non-breaking spaces", "+1\u00a0415\u00a0555\u00a00101", A, None),
        ("narrow spaces", "+1\u202f415\u202f555\u202f0101", A, None),
        (
            "full width",
            "\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff10\uff11",
            A,
            None,
        ),
        (
            "arabic digits",
            "+\u0661\u0664\u0661\u0665\u0665\u0665\u0665\u0660\u0661\u0660\u0661",
            A,
            None,
        ),
        ("direction marks", "\u202a+14155550101\u202c", A, None),
        ("non-breaking hyphens", "+1\u2011415\u2011555\u20110101", A, None),
        ("national with a region", "(415) 555-0101", A, "US"),
        ("national with a one", "1-415-555-0101", A, "US"),
        ("national float", "4155550101.0", A, "US"),
        ("uk national", "020 7946 0958", "+442079460958", "GB"),
        ("plus beats region", "+44 20 7946 0958", "+442079460958", "US"),
    ]
    ruined: list[tuple[str, str, str, str | None]] = [
        ("scientific", "1.41578E+10", RUINED, None),
        ("scientific with a region", "1.41578E+10", RUINED, "US"),
        ("scientific uk", "4.47911E+11", RUINED, "GB"),
        ("no plus and no region", "4155550101", NO_CODE, None),
        ("zeros for plus and no region", "0014155550101", NO_CODE, None),
        ("extension x", "+14155550101x12", "has an extension", None),
        ("extension word", "+1 415 555 0101 ext. 12", "has an extension", None),
        ("letters", "1-800-FLOWERS", "letters in the number", "US"),
        ("word", "unknown", "letters in the number", "US"),
        ("two numbers", "+14155550101 / +14155550102", "more than one number", None),
        ("two numbers with and", "4155550101 and 4155550102", "more than one number", "US"),
        ("emergency", "911", "a short or emergency number", "US"),
        ("emergency in europe", "112", "a short or emergency number", "DE"),
        ("short", "+1415", "too short for +1", None),
        ("long", "+141555501012", "too long for +1", None),
        ("no area code", "5550101", "no area code", "US"),
        ("not assigned", "+10005550101", "not a valid number in +1", None),
        ("unknown country", "+99914155550101", "unknown country code", None),
        ("fraction", "4155550101.5", "not a whole number", "US"),
        ("empty", "", "no phone number", "US"),
        ("spaces", "   ", "no phone number", "US"),
        ("dashes only", "---", "not a phone number", "US"),
        ("error of a spreadsheet", "#N/A", "letters in the number", "US"),
    ]
    found = []
    for what, cell, number, place in written:
        quoted = '"' + cell.replace('"', '""') + '"'
        row = good(number, "x")
        found.append(case(f"cell: {what}", f"phone,v\n{quoted},x\n", row, region=place))
    for what, cell, reason, place in ruined:
        row = bad(reason, "x")
        found.append(case(f"cell: {what}", f"phone,v\n{cell},x\n", row, region=place))
    return found


def dialects() -> list[dict[str, Any]]:
    """Return the same two rows in every dialect and encoding."""
    rows = (good(A, "Zoë"), good(B, "x"))
    text = "phone,v\n+14155550101,Zoë\n+14155550102,x\n"
    found = [
        case("comma", text, *rows),
        case("semicolon", text.replace(",", ";"), *rows),
        case("tab", text.replace(",", "\t"), *rows, suffix=".tsv"),
        case("pipe", text.replace(",", "|"), *rows, suffix=".txt"),
        case("crlf", text.replace("\n", "\r\n"), *rows),
        case("cr", text.replace("\n", "\r"), *rows),
        case("no line end at the end", text.removesuffix("\n"), *rows),
        case("bom", "\ufeff" + text, *rows),
        case("blank lines", text.replace("\n", "\n\n"), *rows),
        case("lines of spaces", text + "   \n \n", *rows),
        case("delimiter declared", "sep=;\r\n" + text.replace(",", ";"), *rows),
        case("all quoted", '"phone","v"\n"+14155550101","Zoë"\n"+14155550102","x"\n', *rows),
        case(
            "crlf with bom and quotes",
            '\ufeff"phone",v\r\n+14155550101,"Zoë"\r\n+14155550102,x\r\n',
            *rows,
        ),
    ]
    encodings = ("utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")
    return [*found, *(case(f"in {name}", text.encode(name), *rows) for name in encodings)]


def shapes() -> list[dict[str, Any]]:
    """Return lists whose rows, quotes or header are not as they should be."""
    last = good(B, "y")
    return [
        case("line break in quotes", f'phone,v\n{A},"x\nz"\n{B},y\n', good(A, "x\nz"), last),
        case("crlf in quotes", f'phone,v\r\n{A},"x\r\nz"\r\n{B},y\r\n', good(A, "x\r\nz"), last),
        case("lf in quotes of cr lines", f'phone,v\r{A},"x\nz"\r{B},y\r', good(A, "x\nz"), last),
        case("delimiter in quotes", f'phone,v\n{A},"x,z"\n{B},y\n', good(A, "x,z"), last),
        case("doubled quotes", f'phone,v\n{A},"5"" x"\n{B},y\n', good(A, '5" x'), last),
        case("stray quote", f'phone,v\n{A},5" x\n{B},y\n', good(A, '5" x'), last),
        case(
            "one field too many", f"phone,v\n{A},Smith, John\n{B},y\n", bad("3 fields", None), last
        ),
        case("decimal comma", f"phone,v\n{A},1,5\n{B},y\n", bad("3 fields", None), last),
        case("one field too few", f"phone,v\n{A}\n{B},y\n", bad("1 field", None), last),
        case("only a delimiter", f"phone,v\n,\n{B},y\n", bad("no phone number", None), last),
        case("delimiter at the end", f"phone,v\n{A},x,\n{B},y\n", bad("3 fields", None), last),
        case("text after a quote", f'phone,v\n{A},"x"z\n{B},y\n', bad(QUOTES, None), last),
        case("quotes not doubled", f'phone,v\n{A},"a "b" c"\n{B},y\n', bad(QUOTES, None), last),
        case("space before a quote", f'phone,v\n{A}, "x, z"\n{B},y\n', bad("3 fields", None), last),
        case("space after a quote", f'phone,v\n{A},"x" \n{B},y\n', bad(QUOTES, None), last),
        case("lone cr in a row", f"phone,v\n{A},x\rz\n{B},y\n", bad(QUOTES, None), last),
        case("nul", f"phone,v\n{A},x\0z\n{B},y\n", bad("a NUL character", "x\0z"), last),
        case("quote never closed", f'phone,v\n{A},"x\n{B},y\n', error="line 2"),
        case("quote closed rows later", f'phone,v\n{A},"x\n{B},y\n{C},"z"\n', error="line 2"),
        case("odd quotes in a row", f'phone,v\n{A},"x"z"\n{B},y\n', error="line 2"),
        case("wrong rows in quotes", f'phone,v\n{A},"x\n{B},y",z\n{C},w\n', error="line 2"),
        case("quotes of two lines", f'phone,v\n{A},"a "b\n{B},c" d\n', error="line 3"),
        case("unnamed column", f"phone,v,\n{A},x,y\n", error="no name for column 3"),
        case("doubled column", f"phone,v,v\n{A},x,y\n", error="more than one column 'v'"),
        case("no header", f"{A},x\n{B},y\n", error="no header"),
        case("header of numbers", f"1,2\n{A},x\n", error="no header"),
        case("nothing", "", error="is empty"),
        case("only blank lines", "\n\r\n\n", error="is empty"),
        case("only a header", "phone,v\n", error="no rows"),
        case("no phone column", "name,v\nx,y\n", error="no phone column"),
        case("two phone columns", f"phone,mobile\n{A},{B}\n", error="more than one phone column"),
        case("another delimiter below", f"phone;v\n{A},x\n{B},y\n", error="no usable row"),
        case("one bad byte", "phone,v\n+14155550101,ü\n".encode() + b"x,\xff\n", error="line 3"),
        case(
            "same number twice",
            f"phone,v\n{A},x\n+1 415 555 0101,y\n",
            good(A, "x"),
            (A, "duplicate", "y"),
        ),
        case("leading zeros", f"phone,v\n{A},007\n{B},1e5\n", good(A, "007"), good(B, "1e5")),
        case("spaces around", f"phone,v\n {A} , x \n{B},y\n", good(A, " x "), last),
        case("one column", f"phone\n{A}\n{B}\n", good(A), good(B)),
        case("name like a pattern", f"phone,^v$\n{A},x\n{B},y\n", good(A, "x"), last),
        case("semicolons and commas", f"phone;v\n{A};1,5\n{B};y\n", good(A, "1,5"), last),
        case(
            "json lines",
            f'{{"phone": "{A}", "v": 1.10}}\n[]\n{{"v": "y", "phone": "{B}"}}\n',
            good(A, "1.10"),
            bad("not a JSON object", None),
            last,
            suffix=".ndjson",
        ),
        case(
            "json lines with other names",
            f'{{"phone": "{A}"}}\n{{"v": {{"a": [1.0]}}, "phone": "{B}"}}\n',
            good(A, None),
            good(B, '{"a": [1.0]}'),
            suffix=".ndjson",
        ),
        case(
            "json lines with a name twice",
            f'{{"phone": "{A}", "phone": "{B}"}}\n{{"phone": "{B}"}}\n',
            bad("a name that stands twice"),
            good(B),
            suffix=".ndjson",
        ),
        case(
            "json lines of numbers",
            '{"phone": 14155550101, "v": true}\n{"phone": 1.41555501E+10, "v": null}\n',
            good(A, "true"),
            bad(RUINED, None),
            suffix=".jsonl",
            region="US",
        ),
        case(
            "json in one array", f'[{{"phone": "{A}"}}]\n', error="no JSON object", suffix=".ndjson"
        ),
        case("tabs by name", f"phone\tv\n{A}\tx, y\n", good(A, "x, y"), suffix=".tsv"),
        case("text by name", f"v;phone\nx|y;{A}\n", good(A, "x|y"), suffix=".txt"),
    ]


def main() -> int:
    """Write the file."""
    found = [*dialects(), *cells(), *shapes()]
    lines = ",\n".join(json.dumps(entry) for entry in found)
    (Path(__file__).parent / "cases.json").write_text(f"[\n{lines}\n]\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
