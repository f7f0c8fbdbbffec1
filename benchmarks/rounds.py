"""Interleaved rounds, medians, ratios; and the table they end in.

A module measures its subjects in turn (A B C, A B C, …), so that a slow minute of the machine meets
all of them, and reports the ratio of each round's pair, then the median of those ratios.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from benchmarks.versions import commit

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """One line of the results: what was measured, against what, and whether it meets its aim."""

    what: str
    ours: str
    against: str
    theirs: str
    ratio: float | None
    aim: str
    met: bool
    rounds: int


def interleave(subjects: dict[str, Callable[[], float]], rounds: int = 5) -> dict[str, list[float]]:
    """Measure every subject once a round, in turn, after one unmeasured round; figures by subject."""
    figures: dict[str, list[float]] = {name: [] for name in subjects}
    for subject in subjects.values():
        subject()
    for number in range(rounds):
        order = list(subjects.items())
        for name, subject in order if number % 2 == 0 else reversed(order):
            figures[name].append(subject())
    return figures


def median(figures: Sequence[float]) -> float:
    """The middle figure."""
    return statistics.median(figures)


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Median of the rounds' own ratios (ours / theirs)."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def keep_to_core(pid: int, number: int) -> None:
    """Let a process run on this core alone (0, 1, …), where the machine has as many."""
    cores = sorted(os.sched_getaffinity(0))
    if number < len(cores) > 1:
        os.sched_setaffinity(pid, {cores[number]})


def machine() -> dict[str, str | int]:
    """What the figures were taken on."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": cpu,
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release().partition("-")[0],
        "python": platform.python_version(),
    }


def publish(
    name: str,
    rows: Sequence[Row],
    packages: Sequence[str] = (),
    programs: Mapping[str, str] | None = None,
) -> None:
    """Print the rows as a Markdown table and keep them as JSON in `benchmarks/results/<name>.json`.

    Args:
        packages: Python packages whose versions matter. programs: other programs and their versions.
    """
    print(markdown(rows))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(
        json.dumps(
            {
                "name": name,
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "commit": commit(),
                "machine": machine(),
                "versions": {package: metadata.version(package) for package in packages}
                | dict(programs or {}),
                "rows": [asdict(row) for row in rows],
            },
            ensure_ascii=False,
            indent=1,
        )
    )


def markdown(rows: Sequence[Row]) -> str:
    """The rows as a table."""
    lines = [
        "| what | ours | against | theirs | ratio | aim | met |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        ratio = "—" if row.ratio is None else f"{row.ratio:.3f}"
        met = "yes" if row.met else "**no**"
        lines.append(
            f"| {row.what} | {row.ours} | {row.against} | {row.theirs} | {ratio} | {row.aim} | {met} |"
        )
    return "\n".join(lines)
