"""What a text file is written in, found in one pass over its bytes, and its way to UTF-8.

UTF-8 is proved by every byte. UTF-16 shows by its mark, or by the NULs of plain letters. What is
neither is Windows-1252 or Latin-1 where `charset-normalizer` says so; anything else is for a
person to name.
"""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import file_digest, sha256
from io import FileIO
from itertools import cycle
from pathlib import Path

from campaign.contacts.signs import Chunk, Evenness, Marks, Signs
from campaign.errors import ListError, UsageError
from campaign.log import Action, Log

log = Log(__name__)

CHUNK_BYTES = 1 << 20
CHUNKS_AT_ONCE = 6
SAMPLE_BYTES = 1 << 16
UTF8 = "utf-8"
MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = ["cp1252", "latin_1"]
NUL_SHARE = 0.3
"""Of every second byte: plain text in UTF-16 has NULs there, text in another encoding none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the bytes of a file say: its hash, what occurs in it, and where it is not UTF-8.

    `wide` tells of UTF-8 beyond ASCII before the byte `bad_at`, which is -1 where there is none.
    `plain` is true where certainly no character is unseen and no braces stand side by side.
    """

    content_hash: str
    head: bytes
    quotes: bool
    nuls: bool
    returns: bool
    wide: bool
    plain: bool
    bad_at: int
    bad_line: int
    sample: bytes


def survey(path: Path, evenness: Evenness | None = None) -> Survey:
    """Go through a file once, with a look at how even its lines are where that is asked."""
    digest, text, signs = sha256(), _Utf8(), Signs()
    marks = Marks(evenness.marks if evenness else b"")
    head = b""
    with path.open("rb", buffering=0) as file, ThreadPoolExecutor(1) as pool:
        hashed: deque[Future[None]] = deque()
        for chunk in _chunks(file):
            hashed.append(pool.submit(digest.update, chunk))
            text.feed(chunk)
            unusual, parting = marks.of(chunk)
            signs.feed(chunk, unusual)
            if evenness:
                evenness.feed(chunk, parting)
            head = head or bytes(chunk[:SAMPLE_BYTES])
            if len(hashed) == CHUNKS_AT_ONCE:
                hashed.popleft().result()
    bad_at = text.end()
    return Survey(
        content_hash=digest.hexdigest(),
        head=head,
        quotes=signs.quotes,
        nuls=signs.nuls,
        returns=signs.returns,
        wide=text.wide,
        plain=signs.plain,
        bad_at=bad_at,
        bad_line=_line_at(path, bad_at),
        sample=_around(path, bad_at),
    )


def content_hash(path: Path) -> str:
    """Return the hash of a file that is no text."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


class _Utf8:
    """Proves bytes to be UTF-8, or finds the first that is not; ASCII is only glanced at."""

    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder(UTF8)()
        self.pending = 0
        self.at = 0
        self.bad_at = -1
        self.wide = False

    def feed(self, chunk: Chunk) -> None:
        """Take the next bytes."""
        if self.bad_at < 0 and (self.pending or not chunk.isascii()):
            try:
                self.wide = _is_wide(self.decoder.decode(chunk)) or self.wide
                self.pending = len(self.decoder.getstate()[0])
            except UnicodeDecodeError as error:
                self.wide = _is_wide(error.object[: error.start].decode(UTF8)) or self.wide
                self.bad_at = self.at - self.pending + error.start
                self.pending = 0
        self.at += len(chunk)

    def end(self) -> int:
        """Return where the first bad byte is, -1 where there is none."""
        return self.at - self.pending if self.pending else self.bad_at


def find_encoding(seen: Survey, name: str, given: str | None) -> str:
    """Return the encoding of a file: as `given`, or as its bytes say.

    Raises `UsageError` for a `given` that nobody knows, `ListError` where the bytes say nothing.
    """
    if given is not None:
        return _known(given)
    marked = (encoding for mark, encoding in MARKS if seen.head.startswith(mark))
    encoding = next(marked, None) or _unmarked(seen)
    if encoding == UTF8 and seen.bad_at >= 0:
        encoding = _western(seen, name)
    return encoding


def check_utf8(seen: Survey, name: str) -> None:
    """Raise `ListError` naming the line and the byte where a file is not UTF-8."""
    if seen.bad_at >= 0:
        raise _not_utf8(seen, name)


def to_utf8(path: Path, target: Path, encoding: str, name: str) -> None:
    """Write a file anew in UTF-8; a byte that the encoding does not have is a `ListError`."""
    line = 1
    source = path.open(encoding=encoding, newline="")
    with source, target.open("w", encoding=UTF8, newline="") as file:
        try:
            while text := source.read(CHUNK_BYTES):
                file.write(text)
                line += text.count("\n")
        except UnicodeError as error:
            raise ListError(
                f"the list {name} is not {encoding}: in or after line {line}: {error}",
                hint="name its encoding with --encoding, or save it as CSV UTF-8",
            ) from error


def _not_utf8(seen: Survey, name: str) -> ListError:
    return ListError(
        f"the list {name} is not UTF-8: line {seen.bad_line} (byte offset {seen.bad_at})",
        hint="save the list as CSV UTF-8, or name its encoding with --encoding",
    )


def _around(path: Path, at: int) -> bytes:
    """Return the bytes before and after a place in a file, none for no place."""
    if at < 0:
        return b""
    with path.open("rb") as file:
        file.seek(max(0, at - SAMPLE_BYTES))
        return file.read(2 * SAMPLE_BYTES)


def _line_at(path: Path, at: int) -> int:
    """Return the line, from 1, that a place in a file is in."""
    line = 1
    with path.open("rb") as file:
        while at > 0 and (chunk := file.read(min(at, CHUNK_BYTES))):
            line += chunk.count(b"\n")
            at -= len(chunk)
    return line


def _chunks(file: FileIO) -> Iterator[Chunk]:
    """Yield the bytes of a file; CR and LF are never parted.

    A chunk is overwritten when `CHUNKS_AT_ONCE` others were yielded: memory that is new each time
    takes longer than all that is done with it.
    """
    buffers = cycle([bytearray(CHUNK_BYTES) for _ in range(CHUNKS_AT_ONCE + 1)])
    while n := file.readinto(buffer := next(buffers)):
        chunk: Chunk = buffer if n == len(buffer) else bytes(memoryview(buffer)[:n])
        while chunk.endswith(b"\r") and (more := file.read(1)):
            chunk = bytes(chunk) + more
        yield chunk


def _is_wide(text: str) -> bool:
    return not text.removeprefix("\ufeff").isascii()


def _known(encoding: str) -> str:
    try:
        found = codecs.lookup(encoding)
        "".encode(found.name)
    except LookupError:
        raise UsageError(
            f"there is no text encoding {encoding!r}",
            hint="give one like utf-8, utf-16, cp1252 or latin-1",
        ) from None
    return found.name


def _unmarked(seen: Survey) -> str:
    if seen.nuls:
        for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            every_second = seen.head[start::2]
            others = seen.head[1 - start :: 2]
            if every_second.count(0) > NUL_SHARE * len(every_second) > others.count(0):
                return encoding
    return UTF8


def _western(seen: Survey, name: str) -> str:
    from charset_normalizer import from_bytes  # takes a while, which most lists need not wait for

    # UTF-8 with a byte of something else in it: any single encoding would ruin one or the other.
    best = None if seen.wide else from_bytes(seen.sample, cp_isolation=WESTERN).best()
    if best is None:
        raise _not_utf8(seen, name)
    log.warning(
        Action.ENCODING,
        "the list %s is not UTF-8 and is read as %s; --encoding says otherwise",
        name,
        best.encoding,
    )
    return best.encoding
