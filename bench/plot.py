"""Draws the rates of all ways, and how far VectorFuse is from the floor. Runs in the environment that has matplotlib."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib as mpl

from bench.figures import DIRECTIONS, CaseFigures, by_case
from bench.goals import CPU_RATIO

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

WAYS = {"vectorfuse": "VectorFuse", "python": "Python client", "spark-fuse": "spark-fuse"}
COLORS = {"vectorfuse": "#1b6ca8", "python": "#d98324", "spark-fuse": "#9a9a9a"}
BAR = 0.26


def rates(axes: Axes, cases: list[CaseFigures], direction: str) -> None:
    """Rows per second, on a scale of tenfold steps: the peers would not be seen on another."""
    for place, (way, name) in enumerate(WAYS.items()):
        found = [(number, case.rate(f"{way}-{direction}")) for number, case in enumerate(cases)]
        found = [(number, rate) for number, rate in found if rate is not None]
        places = [number + (place - 1) * BAR for number, _ in found]
        bars = axes.barh(places, [rate for _, rate in found], BAR, label=name, color=COLORS[way])
        axes.bar_label(bars, [f"{rate:,.0f}" for _, rate in found], padding=3, fontsize=7)
    axes.set_xscale("log")
    # Room for the numbers and the legend; the least is the same for all, so that lengths can be compared.
    axes.set_xlim(left=100, right=axes.get_xlim()[1] * 8)
    axes.set_title(f"{direction}: rows per second, server that costs nothing", fontsize=9)
    _label(axes, cases)


def ratios(axes: Axes, cases: list[CaseFigures], direction: str) -> None:
    found = [case.over_floor(direction) or 0.0 for case in cases]
    bars = axes.barh(range(len(cases)), found, 0.5, color=COLORS["vectorfuse"])
    axes.bar_label(bars, [f"{ratio:.2f}" for ratio in found], padding=3, fontsize=7)
    axes.set_xlim(right=max(found) * 1.15)
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.axvline(CPU_RATIO, color="#b03030", linewidth=1.0, linestyle="--", label=f"goal: {CPU_RATIO}")
    axes.set_title(f"{direction}: CPU seconds over those of the floor", fontsize=9)
    _label(axes, cases)


def _label(axes: Axes, cases: list[CaseFigures]) -> None:
    axes.set_yticks(range(len(cases)), [case.name for case in cases], fontsize=8)
    axes.invert_yaxis()
    axes.legend(fontsize=7, loc="lower right")


def draw(data: Path, folder: Path) -> None:
    cases = by_case(json.loads(data.read_text(encoding="utf-8"))["cases"])
    if not cases:
        return
    figure, grid = plt.subplots(2, 2, figsize=(13, 1.5 + 1.3 * len(cases)), layout="constrained", squeeze=False)
    for row, direction in enumerate(DIRECTIONS):
        rates(grid[row][0], cases, direction)
        ratios(grid[row][1], cases, direction)
    # Without a date and random names the same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = "vectorfuse"
    figure.savefig(folder / "rates.png", dpi=130)
    figure.savefig(folder / "rates.svg", metadata={"Date": None})


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
