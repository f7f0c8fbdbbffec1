"""`docs/benchmarks.md`, made from the figures the modules left."""

from __future__ import annotations

import ast
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.rounds import RESULTS, Row, markdown

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
MODULES = {
    "whole_call": "Whole calls",
    "agi_sessions": "AGI sessions",
    "waiting_callers": "Waiting callers",
    "key_to_sound": "From key to sound",
    "transcription": "Transcription",
    "hang_up_to_page": "From hang-up to the page",
    "intakes": "Intakes",
    "callback_claim": "Claims of callbacks",
    "case_way": "Cases on their way",
}
"""Modules in the order they are run, and what the page calls them."""
INTRODUCTION = """\
# Benchmarks

`make bench` measures everything here and writes this page; `python -m benchmarks --only NAME` measures one
part again. Each subject is measured in turn with its peer, round after round, in the same run; the ratio is
the median of the rounds' own ratios, so that a slow minute of the machine meets both. Figures that stand
alone say what this machine does; ratios say what the software does.
"""


def write_page() -> Path:
    """Write the page from all results there are; returns where it is."""
    parts = [INTRODUCTION]
    results = {name: _read(name) for name in MODULES}
    parts.append("## All at a glance\n\n" + markdown(_rows(results.values())))
    for name, title in MODULES.items():
        if (HERE / f"{name}.py").exists():
            parts.append(_chapter(title, name, results[name]))
    PAGE.write_text("\n\n".join(part.strip() for part in parts) + "\n")
    return PAGE


def _read(name: str) -> dict[str, Any] | None:
    file = RESULTS / f"{name}.json"
    return json.loads(file.read_text()) if file.exists() else None


def _when(result: dict[str, Any]) -> str:
    """Date and time, and what was measured."""
    taken = datetime.fromisoformat(result["at"]).strftime("%Y-%m-%d %H:%M UTC")
    return f"{taken}, commit {result['commit']}" if "commit" in result else taken


def _rows(results: Any) -> list[Row]:
    return [Row(**row) for result in results if result for row in result["rows"]]


def _chapter(title: str, name: str, result: dict[str, Any] | None) -> str:
    """Method in words (the module's own description), then where and when its figures were taken."""
    described = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text())) or ""
    if result is None:
        return f"## {title}\n\n{described}\n\nNot measured yet."
    machine, versions = result["machine"], result["versions"]
    rounds = min((row["rounds"] for row in result["rows"]), default=0)
    taken = (
        f"{_when(result)}, {rounds} rounds; {machine['cores']} cores of {machine['cpu']}, "
        f"Linux {machine['kernel']}, Python {machine['python']}"
    )
    used = "".join(f", {name} {version}" for name, version in versions.items())
    return f"## {title}\n\n{described}\n\n{taken}{used}."
