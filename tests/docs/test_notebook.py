"""The notebook among the samples runs from top to bottom, against the simulated provider."""

from __future__ import annotations

import ast
import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from campaign.api import provider
from campaign.sandbox.plan import SandboxPlan

SAMPLES = Path(__file__).parents[2] / "sample_data"
NOTEBOOK = json.loads((SAMPLES / "campaign.ipynb").read_text(encoding="utf-8"))


def shown(source: str, names: dict[str, Any]) -> Any:
    """Run a cell as a notebook does; return the value of its last expression."""
    *body, last = ast.parse(source).body
    exec(compile(ast.Module(body=body, type_ignores=[]), "cell", "exec"), names)
    if not isinstance(last, ast.Expr):
        raise TypeError("a cell of the sample ends without showing anything")
    return eval(compile(ast.Expression(last.value), "cell", "eval"), names)


def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell runs in order and shows what the text says; calls take no time here."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RETELL_API_KEY", raising=False)
    monkeypatch.setattr(provider, "SandboxPlan", partial(SandboxPlan, speed=1e6))
    shutil.copy(SAMPLES / "contacts.csv", tmp_path)
    names: dict[str, Any] = {}
    values = {
        cell["id"]: shown("".join(cell["source"]), names)
        for cell in NOTEBOOK["cells"]
        if cell["cell_type"] == "code"
    }
    called = values["check"]["pending"]
    assert (25, 3) == (sum(values["check"].values()), values["rejected"].height)
    assert (called, 25) == (values["run"].summary.calls_created, values["run"].summary.rows)
    assert "<strong>notebook</strong>" in values["run"]._repr_html_()
    assert "notebook" == values["plot"].to_dict()["title"]
    assert values["run"].summary.outcomes["answered"] == values["answered"].height > 0
    assert values["again"] is True
    assert ["campaign.sandbox.db"] == [path.name for path in tmp_path.glob("*.db")]


def test_the_notebook_is_clean() -> None:
    """It is kept without outputs: they would show a run of somebody else's."""
    cells = [cell for cell in NOTEBOOK["cells"] if cell["cell_type"] == "code"]
    assert (4, 5) == (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"])
    assert [([], None)] * len(cells) == [
        (cell["outputs"], cell["execution_count"]) for cell in cells
    ]
