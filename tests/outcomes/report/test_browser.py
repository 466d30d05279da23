"""The page in a real browser: it is drawn, it is silent, and an attack in it does nothing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from campaign.outcomes.report.facts import Facts
from campaign.outcomes.report.page import render

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
if BROWSER is None:
    pytest.skip("needs Debian's package chromium, which is not installed", allow_module_level=True)

# Starting one takes ten seconds, and the page itself is held to its policy in `test_page`.
pytestmark = pytest.mark.slow

LOOK = """<!doctype html><title>look</title><body><script>
const frames = [["light", "/report.html", 1200], ["dark", "/report.html", 1200],
                ["narrow", "/report.html", 400], ["control", "/control.html", 1200]];
for (const [name, path, width] of frames) {
  const frame = document.createElement("iframe");
  Object.assign(frame, {name, src: path, width, height: 900});
  frame.style.colorScheme = name === "dark" ? "dark" : "light";
  document.body.append(frame);
}
addEventListener("load", () => {
  const seen = {};
  for (const frame of document.querySelectorAll("iframe")) {
    const page = frame.contentDocument, style = getComputedStyle(page.body);
    const plots = [...page.querySelectorAll("svg")];
    seen[frame.name] = {
      owned: frame.contentWindow.owned === true || page.title === "owned",
      plots: plots.filter(e => e.getBoundingClientRect().width > 200).length,
      overflows: page.documentElement.scrollWidth > page.documentElement.clientWidth,
      page: style.backgroundColor, ink: style.color,
      bars: new Set([...page.querySelectorAll("svg path")].map(e => getComputedStyle(e).fill)).size,
      focusable: page.querySelectorAll("summary, a[href]").length,
    };
  }
  document.body.textContent = "seen:" + JSON.stringify(seen) + ":seen";
});
</script>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a browser made of the page: in each frame, on its console, and of the server."""

    frames: dict[str, dict[str, Any]]
    console: list[str]
    asked: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A server on loopback: its pages by path, and the paths that were asked for."""

    origin: str
    pages: dict[str, str]
    asked: list[str]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Serve pages, and remember whatever is asked for."""
    pages: dict[str, str] = {"/look.html": LOOK}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            page = pages.get(self.path)
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((page or "").encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield Site(origin=f"http://127.0.0.1:{server.server_port}", pages=pages, asked=asked)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def seen(
    site: Site,
    nothing: Facts,
    everything: Callable[[str], dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Seen:
    """Open a page full of attacks: in light, in dark, on a telephone, and as it must not be."""

    def attack(where: str) -> str:
        return (
            f"</bdi></text></svg></title><script src={site.origin}/leak/{where}></script>"
            f'<img src={site.origin}/leak/{where} onerror="window.owned=true">'
            "<script>document.title='owned';console.error('owned')</script>"
        )

    facts = replace(nothing, **everything(attack("report")))
    site.pages["/report.html"] = render(facts, UTC)
    site.pages["/control.html"] = f"<!doctype html><title>control</title>{attack('control')}"
    found = _opened(f"{site.origin}/look.html", tmp_path_factory.mktemp("profile"))
    told = re.search(r"seen:(.*):seen", found.stdout)
    assert told, found.stderr
    return Seen(
        frames=json.loads(unescape(told[1])),
        console=[line for line in found.stderr.splitlines() if "CONSOLE" in line],
        asked=[path for path in site.asked if path != "/favicon.ico"],
    )


def _opened(url: str, profile: Path) -> subprocess.CompletedProcess[str]:
    """Run the browser once; it prints the page as it has become."""
    assert BROWSER is not None
    options = ["--headless", "--disable-gpu", "--no-first-run", "--no-sandbox"]
    options += ["--disable-background-networking", "--disable-component-update"]
    options += ["--disable-dev-shm-usage"]
    options += [
        "--enable-logging=stderr",
        "--virtual-time-budget=10000",
        f"--user-data-dir={profile}",
    ]
    return subprocess.run(
        [BROWSER, *options, "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )


@pytest.mark.no_cover
def test_the_attack_works_where_nothing_is_done_about_it(seen: Seen) -> None:
    """Otherwise this test would prove nothing."""
    assert seen.frames["control"]["owned"]
    assert "/leak/control" in seen.asked
    assert [line for line in seen.console if "owned" in line]


def test_an_attack_runs_nothing_and_asks_for_nothing(seen: Seen) -> None:
    """No text of others is run, and the page is the only thing that is asked for."""
    reports = [seen.frames[name] for name in ("light", "dark", "narrow")]
    assert [False] * 3 == [frame["owned"] for frame in reports]
    assert {"/look.html", "/report.html", "/control.html", "/leak/control"} == set(seen.asked)


def test_the_console_is_silent(seen: Seen) -> None:
    """Nothing is refused, for nothing is tried: no line is about the page."""
    assert [] == [line for line in seen.console if "report.html" in line or "Refused" in line]


def test_it_is_drawn_in_light_and_in_dark(seen: Seen) -> None:
    """All plots have a size, in colours of their own; the page and its ink change places."""
    light, dark = seen.frames["light"], seen.frames["dark"]
    assert (8, 8) == (light["plots"], dark["plots"])
    assert min(light["bars"], dark["bars"]) >= 3
    assert ("rgb(246, 247, 248)", "rgb(28, 33, 38)") == (light["page"], light["ink"])
    assert ("rgb(20, 23, 26)", "rgb(232, 234, 237)") == (dark["page"], dark["ink"])


@pytest.mark.no_cover
def test_a_telephone_need_not_scroll_sideways(seen: Seen) -> None:
    """400 pixels are enough, and whatever can be opened can be reached with the tab key."""
    narrow = seen.frames["narrow"]
    assert (8, False) == (narrow["plots"], narrow["overflows"])
    assert 9 == narrow["focusable"]
