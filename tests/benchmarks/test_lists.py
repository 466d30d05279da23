"""How fast lists are read and screened, and whether phone verdicts are those of phonenumbers."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import phonenumbers
import polars as pl
import pytest

from campaign.contacts import read_list
from campaign.contacts.judging import judge_cells
from campaign.contacts.phone import judge

TOTAL = 1_000_000
ROUNDS = 5
FIRST = ("Ada", "Chen", "Dolores", "Fatima", "George", "Hana")
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver")
AREAS = (201, 202, 212, 213, 303, 312, 415, 512, 617, 702)


def _regions(rng: random.Random) -> list[str]:
    return rng.sample(sorted(phonenumbers.SUPPORTED_REGIONS), 60)


def _number(rng: random.Random, region: str) -> tuple[str, str]:
    kind = rng.choice((0, 1, 3, 4))  # fixed line, mobile, toll-free, premium rate
    example = phonenumbers.example_number_for_type(region, kind)
    example = example or phonenumbers.example_number(region)
    assert example is not None
    return str(example.country_code), phonenumbers.national_significant_number(example)


def _good(rng: random.Random, region: str) -> str:
    code, national = _number(rng, region)
    return f"+{code}{national[:-4]}{rng.randrange(10_000):04d}"


def _any(rng: random.Random, region: str) -> str:
    """Return a number, or something that is nearly one."""
    code, national = _number(rng, region)
    random_digits = "".join(rng.choice("0123456789") for _ in national)
    spelled = "".join(sign + rng.choice(("", "", "", " ", "-", ".")) for sign in national)
    return rng.choice(
        (
            lambda: _good(rng, region),
            lambda: f"+{code}{random_digits}",
            lambda: f"+{code}{rng.choice('0189')}{national}",
            lambda: f"+{code}{national[: -rng.randint(1, 4)]}",
            lambda: f"+{code}{national}{rng.randrange(100)}",
            lambda: f"+{rng.randrange(10**6, 10**15)}",
            lambda: f"+{code} {spelled}",
            lambda: f"{rng.randrange(200, 1000)}-{rng.randrange(10**7):07d}",
            lambda: f"{national}{rng.choice(('', '.0', '.5', 'x12', 'E+10'))}",
        )
    )()


def _told(capsys: pytest.CaptureFixture[str], text: str) -> None:
    with capsys.disabled():
        print(f"\nlists: {text}")  # noqa: T201


def _took_s(work: Callable[[], object]) -> float:
    before_s = time.perf_counter()
    work()
    return time.perf_counter() - before_s


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("region", [None, "US"])
def test_same_verdicts(capsys: pytest.CaptureFixture[str], region: str | None) -> None:
    """A million strings of 60 regions, good and bad, have the verdicts they have one by one."""
    rng = random.Random(7)
    regions = _regions(rng)
    texts = [_any(rng, rng.choice(regions)) for _ in range(TOTAL)]
    found = judge_cells(pl.Series(texts), region)
    differing = [
        (text, verdict)
        for text, verdict in zip(texts, found.iter_rows(), strict=True)
        if verdict != ((one := judge(text, region)).number, one.reason)
    ]
    valid = found["to_number"].count()
    _told(capsys, f"{TOTAL:,} texts, region {region}: {valid:,} valid, {len(differing)} differ")
    assert differing == []
    assert valid > TOTAL / 10


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_speed_on_e164(capsys: pytest.CaptureFixture[str]) -> None:
    """E.164 of 60 regions is judged at least 30 times as fast as phonenumbers does."""
    rng = random.Random(8)
    regions = _regions(rng)
    texts = [_good(rng, rng.choice(regions)) for _ in range(TOTAL)]
    cells = pl.Series(texts)
    ours_s = min(_took_s(lambda: judge_cells(cells, None)) for _ in range(3))

    def by_phonenumbers() -> None:
        for text in texts:
            number = phonenumbers.parse(text, None)
            if phonenumbers.is_valid_number(number):
                phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    theirs_s = _took_s(by_phonenumbers)
    _told(capsys, f"E.164: {ours_s:.2f} s, phonenumbers {theirs_s:.1f} s: x{theirs_s / ours_s:.0f}")
    assert theirs_s / ours_s >= 30


def _write(path: Path, *, quoted: bool) -> None:
    rng = random.Random(9)
    quote = '"' if quoted else ""
    with path.open("w", encoding="utf-8") as file:
        file.write("phone,timezone,name,company,city,account,plan,due\n")
        for n in range(TOTAL):
            number = f"+1{AREAS[n % 10]}{555 + n // 100_000}{n // 10 % 10_000:04d}"
            file.write(
                f"{number},{ZONES[n % 4]},{quote}{rng.choice(FIRST)} {n}{quote},"
                f"Corner {n % 977},Springfield,{n:07d},gold,2026-01-{n % 28 + 1:02d}\n"
            )


@pytest.mark.slow
@pytest.mark.parametrize(("quoted", "at_most"), [(False, 5.0), (True, 40.0)])
def test_reading(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, quoted: bool, at_most: float
) -> None:
    """A million rows are read and screened in a few times what reading them takes."""
    path = tmp_path / "list.csv"
    _write(path, quoted=quoted)
    read_list(path)
    ours_s = min(_took_s(lambda: read_list(path)) for _ in range(ROUNDS))
    theirs_s = min(_took_s(lambda: pl.read_csv(path)) for _ in range(ROUNDS))
    script = (
        "import sys, resource; from campaign.contacts import read_list; read_list(sys.argv[1]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    _told(
        capsys,
        f"{TOTAL:,} rows, {quoted=}: {ours_s:.2f} s, read_csv {theirs_s:.2f} s:"
        f" x{ours_s / theirs_s:.1f}; peak {done.stdout.strip()} MB",
    )
    assert ours_s / theirs_s <= at_most
    assert int(done.stdout) < 800
