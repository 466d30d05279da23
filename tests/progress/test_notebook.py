"""Progress below a cell, on stand-ins for what Jupyter and marimo offer code that runs there."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from campaign.model import Tally
from campaign.progress import NotebookProgress, Scene, board_here
from campaign.progress.notebook import JupyterBoard, MarimoBoard, View, view_of

SCENE = Scene(campaign="<b>spring", to_call=10, per_minute=60.0, lines=20)
VIEW = View(title="<b>spring", done=3, total=10, lines=("busy 3", "<i>"))


def test_a_view() -> None:
    """A view is a bar and lines, without markup of its texts, and the same as plain text."""
    assert "<b>spring 3/10\nbusy 3\n<i>" == repr(VIEW)
    assert (
        '<div><strong>&lt;b&gt;spring</strong> <progress value="3" max="10"></progress> 3/10<br>'
        "busy 3<br>&lt;i&gt;</div>"
    ) == VIEW._repr_html_()


def test_what_is_told() -> None:
    """How the calls went, what goes on and for how long, and the last error where there is one."""
    tally = Tally(first=4, live=1, outcomes={"answered": 3})
    view = view_of(SCENE, tally, per_minute=None, since=timedelta(seconds=61))
    assert (4, 10) == (view.done, view.total)
    assert ("answered 3", "1 of 20 live · 60 calls/min · 1:01") == view.lines


class Page:
    """An output of a cell: what was shown there, one after the other."""

    def __init__(self) -> None:
        self.shown: list[Any] = []

    def display(self, view: View, *, display_id: bool) -> Page:
        """Show something that can be updated."""
        assert display_id
        self.shown.append(view)
        return self

    def update(self, view: View) -> None:
        """Show something else there."""
        self.shown.append(view)


def test_jupyter() -> None:
    """One output is updated, and the last state stays."""
    page = Page()
    progress = NotebookProgress(SCENE, JupyterBoard(page.display), every_s=0.001)
    while not page.shown:
        threading.Event().wait(0.001)
    progress.update(Tally(first=10, over=True))
    progress.close()
    assert [0, 10] == [page.shown[0].done, page.shown[-1].done]


class Bar:
    """A progress bar as marimo has it; it counts up."""

    def __init__(self, **given: Any) -> None:
        self.given = given
        self.done = 0
        self.told = ""
        self.left = False

    def __exit__(self, *_: object) -> None:
        self.left = True

    def __enter__(self) -> Bar:
        return self

    def update(self, *, increment: int, subtitle: str) -> None:
        """Count up."""
        self.done += increment
        self.told = subtitle


def marimo(bars: list[Bar], *, running: bool = True) -> Any:
    """Return what is used of marimo."""

    def progress_bar(**given: Any) -> Bar:
        bars.append(Bar(**given))
        return bars[-1]

    return SimpleNamespace(
        Thread=threading.Thread,
        status=SimpleNamespace(progress_bar=progress_bar),
        running_in_notebook=lambda: running,
    )


def test_marimo() -> None:
    """The bar of marimo moves in a thread that was made with the board."""
    bars: list[Bar] = []
    board = MarimoBoard(marimo(bars))
    progress = NotebookProgress(SCENE, board, every_s=0.001)
    while not bars:
        threading.Event().wait(0.001)
    progress.update(Tally(first=10, outcomes={"busy": 10}, over=True))
    progress.close()
    (bar,) = bars
    assert (10, "<b>spring", 10) == (bar.done, bar.given["title"], bar.given["total"])
    assert (True, True) == (bar.told.startswith("busy 10"), bar.left)


def test_what_cannot_be_drawn() -> None:
    """A page that fails is let go, and disturbs nobody."""

    def display(*_: object, **__: object) -> None:
        raise RuntimeError("no page")

    progress = NotebookProgress(SCENE, JupyterBoard(display), every_s=0.001)
    progress.close()
    assert 0 == progress.tally.first


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return `board_here` as it is where some modules are loaded."""

    def find(**modules: Any) -> Any:
        for name in ("marimo", "IPython", "IPython.display"):
            monkeypatch.setitem(sys.modules, name, modules.get(name.replace(".", "_")))
        return board_here()

    return find


def test_where_there_is_a_place(here: Any) -> None:
    """Jupyter and marimo have one; a script, a shell of IPython and a marimo script have none."""
    display = ModuleType("IPython.display")
    vars(display)["display"] = print
    jupyter = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=1))
    shell = SimpleNamespace(get_ipython=object)
    assert None is here()
    assert None is here(IPython=shell)
    assert None is here(marimo=marimo([], running=False))
    assert JupyterBoard is type(here(IPython=jupyter, IPython_display=display))
    assert MarimoBoard is type(here(marimo=marimo([])))
