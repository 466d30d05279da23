"""Signs that decide how a text is read, looked for while its bytes go by.

One pass takes out of a chunk what nobody asks about; what stays are its marks: unusual signs, and
those that part fields and lines. They are few, and everything else is asked of them.
"""

from __future__ import annotations

from dataclasses import dataclass

CONTROLS = bytes({*range(0x20), 0x7F} - set(b"\t\n\r"))
UNUSUAL = CONTROLS + b'"{}\r'
ODD_LEADS = (b"\xc2", b"\xe2")
"""Bytes that begin, among others, what is unseen beyond ASCII."""

LINE_END = b"\n"
BLANKS = (b"\n\n", b"\n\r\n")

Chunk = bytes | bytearray


class Signs:
    """Tells whether signs occur that decide how text is read; most text has none of them at all.

    `plain` is true where certainly no character is unseen and no braces stand side by side.
    """

    def __init__(self) -> None:
        self.quotes = self.nuls = self.returns = False
        self.plain = True

    def feed(self, chunk: Chunk, unusual: bytes) -> None:
        """Take the next bytes and the unusual ones among them; CR and LF are never parted."""
        if unusual:
            self.quotes = self.quotes or b'"' in unusual
            self.nuls = self.nuls or b"\0" in unusual
            self.returns = self.returns or (
                b"\r" in unusual and unusual.count(b"\r") != chunk.count(b"\r\n")
            )
        # What ends with a brace may go on with another.
        self.plain = self.plain and _is_plain(chunk, unusual) and not chunk.endswith((b"{", b"}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Even:
    """A file of which every line has as many fields as the first, and none is blank.

    `short` is true where certainly no line has more bytes than were named.
    """

    lines: int
    short: bool


class Evenness:
    """Tells whether every line has as many delimiters as the first, and none is blank.

    Delimiters and line ends must come in the order of the first line, over and over. Of a file
    with quotes this says nothing. `most` are the bytes of a line that is short.
    """

    def __init__(self, delimiter: bytes, of_first: int, *, most: int) -> None:
        self.marks = delimiter + LINE_END
        self._short = True
        self._pattern = delimiter * of_first + LINE_END
        self._most = most
        self._even = True
        self._seen = 0
        self._since = 0
        self._tail = LINE_END

    def feed(self, chunk: Chunk, marks: bytes) -> None:
        """Take the next bytes, and the delimiters and line ends among them."""
        if not self._even:
            return
        width = len(self._pattern)
        phase = self._seen % width
        expected = self._pattern * (len(marks) // width + 2)
        self._even = expected.startswith(marks, phase) and not self._is_blank(chunk)
        self._seen += len(marks)
        self._short = self._short and self._are_short(chunk)

    def end(self) -> Even | None:
        """Return what the lines have in common; `None` where they are not even."""
        # The last line may want its end, and nothing else.
        wanting = not self._tail.endswith(LINE_END)
        lines, begun = divmod(self._seen + wanting, len(self._pattern))
        return Even(lines=lines, short=self._short) if self._even and not begun else None

    def _is_blank(self, chunk: Chunk) -> bool:
        """Tell whether a line has nothing in it; where there are delimiters it is not even."""
        before, self._tail = self._tail, (self._tail + bytes(chunk[-2:]))[-2:]
        if len(self._pattern) > 1:
            return False
        joint = before + bytes(chunk[:2])
        return any(blank in text for blank in BLANKS for text in (joint, chunk))

    def _are_short(self, chunk: Chunk) -> bool:
        """Tell whether lines end soon enough, that of the chunk before among them."""
        at = -self._since
        while len(chunk) - at > self._most:
            ended = chunk.rfind(LINE_END, max(at, 0), at + self._most)
            if ended < 0:
                return False
            at = ended + 1
        last = chunk.rfind(LINE_END, max(at, 0))
        self._since = len(chunk) - (at if last < 0 else last + 1)
        return True


class Marks:
    """Takes chunks apart; `parting` are the signs that part fields and lines."""

    def __init__(self, parting: bytes = b"") -> None:
        self._dull = bytes(set(range(256)) - {*UNUSUAL, *parting})
        self._parting = parting

    def of(self, chunk: Chunk) -> tuple[bytes, bytes]:
        """Return the unusual signs of a chunk, and those that part."""
        marks = bytes(chunk.translate(None, self._dull))
        parting = marks.translate(None, UNUSUAL)
        if len(parting) == len(marks):
            return b"", parting
        return marks.translate(None, self._parting), parting


def is_plain(chunk: bytes) -> bool:
    """Tell whether some UTF-8 certainly holds nothing that a prompt cannot have."""
    return _is_plain(chunk, Marks().of(chunk)[0])


def _is_plain(chunk: Chunk, unusual: bytes) -> bool:
    if not chunk.isascii() and any(lead in chunk for lead in ODD_LEADS):
        return False
    # One sign is found far quicker than two.
    if any(brace in unusual and 2 * brace in chunk for brace in (b"{", b"}")):
        return False
    return len(unusual.translate(None, CONTROLS)) == len(unusual)
