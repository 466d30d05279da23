"""The same people in another file: whoever was called is not called again."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from campaign.policy import following
from campaign.sandbox import SandboxPlan
from campaign.sandbox.serve import Served, serving

pytestmark = pytest.mark.no_cover

COUNT = 12
ADDED = 3
OPTIONS = ("--cps", "any", "--name", "spring")
Rows = Sequence[dict[str, str]]


def text(rows: Rows, **dialect: Any) -> str:
    """Return rows as the text of a file."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(rows[0]), **{"lineterminator": "\n", **dialect})
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def put(path: Path, written: str, encoding: str = "utf-8") -> Path:
    """Write a file byte by byte as given."""
    path.write_bytes(written.encode(encoding))
    return path


def national(number: str) -> str:
    """Return a number of the US as people there write it."""
    return f"({number[2:5]}) {number[5:8]}-{number[8:]}"


def renumbered(rows: Rows, write: Callable[[str], str]) -> Rows:
    """Return rows whose numbers are written in another way."""
    return [{**row, "phone_number": write(row["phone_number"])} for row in rows]


def in_national_notation(folder: Path, rows: Rows) -> Path:
    """Write the numbers as (415) 555-0100."""
    return put(folder / "list.csv", text(renumbered(rows, national)))


def in_many_notations(folder: Path, rows: Rows) -> Path:
    """Write each number in a way of its own."""
    ways: Sequence[Callable[[str], str]] = (
        national,
        lambda number: number[2:],
        lambda number: f"1-{number[2:5]}-{number[5:8]}-{number[8:]}",
        lambda number: f"{number[:2]} {number[2:5]}.{number[5:8]}.{number[8:]}",
        lambda number: f" {number} ",
        lambda number: f"011 {number[1:]}",
    )
    dice = random.Random(4)
    written = [{**row, "phone_number": dice.choice(ways)(row["phone_number"])} for row in rows]
    return put(folder / "list.csv", text(written))


def shuffled(folder: Path, rows: Rows) -> Path:
    """Write the rows and the columns in another order."""
    mixed = random.Random(5).sample(rows, len(rows))
    return put(folder / "list.csv", text([dict(reversed(row.items())) for row in mixed]))


def with_crlf(folder: Path, rows: Rows) -> Path:
    """End the lines as Windows does."""
    return put(folder / "list.csv", text(rows, lineterminator="\r\n"))


def with_semicolons(folder: Path, rows: Rows) -> Path:
    """Write as a spreadsheet in Germany does."""
    return put(folder / "list.csv", text(rows, delimiter=";", lineterminator="\r\n"))


def with_tabs(folder: Path, rows: Rows) -> Path:
    """Write a .tsv."""
    return put(folder / "list.tsv", text(rows, delimiter="\t"))


def with_a_bom(folder: Path, rows: Rows) -> Path:
    """Mark the encoding, as Excel does."""
    return put(folder / "list.csv", text(rows), "utf-8-sig")


def quoted(folder: Path, rows: Rows) -> Path:
    """Quote every cell."""
    return put(folder / "list.csv", text(rows, quoting=csv.QUOTE_ALL))


def renamed(folder: Path, rows: Rows) -> Path:
    """Give the column of the numbers another name, and the file too."""
    return put(folder / "april.csv", text(rows).replace("phone_number", "Mobile", 1))


def as_parquet(folder: Path, rows: Rows) -> Path:
    """Write a Parquet file."""
    pl.DataFrame(list(rows)).write_parquet(folder / "list.parquet")
    return folder / "list.parquet"


def twice_over(folder: Path, rows: Rows) -> Path:
    """Have everybody on it twice, in two notations."""
    return put(folder / "list.csv", text([*rows, *renumbered(rows, national)]))


Shape = Callable[[Path, Rows], Path]
SHAPES: tuple[Shape, ...] = (
    shuffled,
    with_crlf,
    with_semicolons,
    with_tabs,
    with_a_bom,
    quoted,
    renamed,
    as_parquet,
    in_national_notation,
    in_many_notations,
    twice_over,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A list whose people have all been called once."""

    desk: Any
    served: Served
    run_here: Callable[..., Any]

    def again(self, path: Path) -> Any:
        """Run another file as the same campaign."""
        options = (*OPTIONS, "--region", "US", "--out", str(self.desk.results))
        return self.run_here(self.desk, *options, contacts=path)

    def numbers(self) -> Counter[str]:
        """Return how often each number was called."""
        return Counter(call.to_number for call in self.served.sandbox.calls.values())


@pytest.fixture
def called(
    make_desk: Callable[[int, str], Any],
    run_here: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Called]:
    """Call everybody on a list once."""
    monkeypatch.setattr(following, "SHORTEST_GAP_S", 0.05)
    monkeypatch.setattr(following, "READS_PER_S", 100.0)
    with serving(SandboxPlan(concurrency_limit=None, speed=1e6)) as served:
        desk = make_desk(COUNT, served.url)
        ran = run_here(desk, *OPTIONS)
        assert (ran.code, ran.summary["calls_created"]) == (0, COUNT)
        yield Called(desk=desk, served=served, run_here=run_here)


@pytest.mark.parametrize("shape", SHAPES)
def test_another_file_of_the_same_people_calls_nobody(shape: Shape, called: Called) -> None:
    """However the file is ordered, encoded or written, a contact is known by its number."""
    before = called.numbers()
    rows = called.desk.rows()
    path = shape(called.desk.folder, rows)
    ran = called.again(path)
    assert (ran.code, ran.summary["calls_created"], ran.summary["campaign"]) == (0, 0, "spring")
    assert called.numbers() == before == Counter({row["phone_number"]: 1 for row in rows})
    doubles = ran.summary["rows"] - COUNT
    assert ran.summary["outcomes"].get("suppressed", 0) == doubles
    assert "pending" not in ran.summary["outcomes"]
    assert "rejected" not in ran.summary["outcomes"]


@pytest.mark.parametrize(
    "shape",
    [*SHAPES[::2], *(pytest.param(shape, marks=pytest.mark.slow) for shape in SHAPES[1::2])],
)
def test_only_those_who_are_new_are_called(shape: Shape, called: Called) -> None:
    """A longer list in any shape calls the contacts that it adds, and each of them once."""
    rows = called.desk.rows()
    added = [
        {**row, "phone_number": f"+1628555{140 + at:04d}"} for at, row in enumerate(rows[:ADDED])
    ]
    ran = called.again(shape(called.desk.folder, [*added, *rows]))
    assert (ran.code, ran.summary["calls_created"]) == (0, ADDED)
    everybody = Counter({row["phone_number"]: 1 for row in [*rows, *added]})
    assert called.numbers() == everybody


def test_its_own_results_call_nobody(called: Called) -> None:
    """A results file is a list too: of people who were called."""
    results = called.desk.results.rename(called.desk.folder / "again.csv")
    ran = called.again(results)
    assert (ran.code, ran.summary["calls_created"]) == (0, 0)


def test_another_name_calls_them_again(called: Called) -> None:
    """The name is what makes a campaign: the same file under another one is another campaign."""
    ran = called.run_here(called.desk, "--cps", "any", "--name", "autumn")
    assert (ran.code, ran.summary["calls_created"]) == (0, COUNT)
    assert set(called.numbers().values()) == {2}
