"""What bytes say of a text while they go by, in whatever pieces they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from campaign.contacts.signs import Even, Evenness, Marks, Signs, is_plain

MOST = 7
TEXTS = st.lists(st.sampled_from([b",", b",", b"\n", b"\n", b"\r\n", b"a", b"bcd", b"{", b"\x01"]))
PIECES = st.lists(st.integers(min_value=1, max_value=9))


def pieces_of(text: bytes, sizes: list[int]) -> list[bytes]:
    """Part a text at places that are not between CR and LF."""
    at, pieces = 0, []
    for size in [*sizes, len(text)]:
        end = at + size + (text[at + size - 1 : at + size + 1] == b"\r\n")
        pieces.append(text[at:end])
        at = end
    return [piece for piece in pieces if piece]


def evenness_of(text: bytes, sizes: list[int]) -> Even | None:
    """Return what `Evenness` says of a text that comes in pieces."""
    evenness = Evenness(b",", text.partition(b"\n")[0].count(b","), most=MOST)
    marks = Marks(evenness.marks)
    for piece in pieces_of(text, sizes):
        evenness.feed(piece, marks.of(piece)[1])
    return evenness.end()


@given(TEXTS, PIECES)
def test_even(parts: list[bytes], sizes: list[int]) -> None:
    """Lines are even where each has the delimiters of the first and something in it."""
    text = b"a" + b"".join(parts)
    lines = text.removesuffix(b"\n").split(b"\n")
    alike = len({line.count(b",") for line in lines}) == 1
    found = evenness_of(text, sizes)
    if not alike or any(line in {b"", b"\r"} for line in lines):
        assert found is None
        return
    assert found is not None
    assert found.lines == len(lines)
    if found.short:
        assert max(map(len, lines)) <= MOST


@given(st.lists(st.integers(min_value=0, max_value=MOST - 2), min_size=1), PIECES)
def test_short(lengths: list[int], sizes: list[int]) -> None:
    """Lines that have less than the bytes that are named are seen to be short."""
    text = b"".join(b"," + b"." * n + b"\n" for n in lengths)
    assert evenness_of(text, sizes) == Even(lines=len(lengths), short=True)


def test_a_long_line() -> None:
    """One line that is too long is seen, be it the first, the last, or parted."""
    for at in range(5):
        lines = [b"a,b"] * 4
        lines.insert(at, b"a," + b"b" * MOST)
        for size in range(1, 30):
            even = evenness_of(b"\n".join(lines), [size] * 40)
            assert even == Even(lines=5, short=False)


def test_short_lines_of_many_pieces() -> None:
    """Where a piece ends says nothing about how long a line is."""
    text = b"a,bcd\n" * 50
    for size in range(1, 40):
        assert evenness_of(text, [size] * 300) == Even(lines=50, short=True)


@given(TEXTS, PIECES)
def test_signs(parts: list[bytes], sizes: list[int]) -> None:
    """Signs are found in whatever piece they are; what is called plain is."""
    text = b"".join(parts) + b'x"' * len(sizes)
    signs, marks = Signs(), Marks(b",\n")
    for piece in pieces_of(text, sizes):
        signs.feed(piece, marks.of(piece)[0])
    assert signs.quotes is (b'"' in text)
    assert signs.nuls is (b"\0" in text)
    assert signs.returns is False
    assert not signs.plain or is_plain(text)
    assert not is_plain(text) or not (b"{{" in text or b"\x01" in text)


def test_once_uneven() -> None:
    """What is not even does not become so by what comes after."""
    assert evenness_of(b"a,b\n\na,b,c\n,\n", [4, 1, 3]) is None
    assert evenness_of(b"a\n\na\n", [1] * 6) is None
