"""Writes docs/benchmarks/: the tables as Markdown, everything that was measured as JSON, the plot as PNG and SVG."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures import DIRECTIONS, WAYS, CaseFigures, by_case, engine_share
from bench.goals import goals
from setup.places import ROOT
from setup.spark import clean_environment
from setup.steps import Step, run

FOLDER = ROOT / "docs" / "benchmarks"
DATA = FOLDER / "results.json"
NOTHING = "–"


def write(results: dict[str, Any]) -> None:
    """The tables and the data."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    DATA.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (FOLDER / "results.md").write_text("\n".join(_page(results)) + "\n", encoding="utf-8")


def draw(environment: Path) -> None:
    """The plot of the data that was written, by the environment that can draw."""
    path = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'integration-tests'}"}
    command = [environment / "bin" / "python", "-m", "bench.plot", DATA, FOLDER]
    run(
        Step(
            "Drawing the plot",
            command,
            "bench-plot",
            environment=clean_environment(environment, path),
            inherits=False,
        )
    )


def goals_text(results: dict[str, Any]) -> str:
    return "\n".join(_goals(results))


def _page(results: dict[str, Any]) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield f"Made by `make bench` from {results['begin']} to {results['end']}; `docs/performance.md` says what each figure means."
    yield ""
    yield from _table(["", ""], [[name, value] for name, value in results["machine"].items()])
    yield ""
    if not results["has_spark_fuse"]:
        yield "spark-fuse could not be installed, and was not measured: `build/logs/environment-spark-fuse.log` says why."
        yield ""
    cases = by_case(results["cases"])
    if cases:
        yield "![rows per second, and CPU seconds over those of the floor](rates.svg)"
        yield ""
    for case in cases:
        yield from _case(case)
    yield from _engine(results.get("engine", []))
    for growth in results.get("growth", []):
        yield from _growth(growth)
    starts = results.get("startup", [])
    if starts:
        first, second = (median(start[key] for start in starts) * 1000 for key in ("first", "second"))
        yield "## Start"
        yield ""
        yield f"The first `load` of a process takes {first:.0f} ms, the second {second:.0f} ms (medians of {len(starts)})."
        yield ""
    yield "## Goals"
    yield ""
    yield from _goals(results)


def _case(case: CaseFigures) -> Iterator[str]:
    store, transport, dimensions, tasks = case.name.split("-")
    yield f"## {store.capitalize()}, {transport}, {dimensions} dimensions, {tasks} task(s), server that costs nothing"
    yield ""
    rows = []
    for direction in ("", *DIRECTIONS):
        for way, words in WAYS.items():
            what = f"{way}-{direction}" if direction else way
            cpu, rate = case.cpu(what), case.rate(what)
            if cpu is None or rate is None:
                continue
            count = case.of(what)[0]["rows"]
            memory = [_number(case.median_of(what, figure)) for figure in ("peak_mib", "heap_mib")]
            traffic = [NOTHING, NOTHING]
            if way == "vectorfuse":
                requests = case.median_of(what, "requests")
                traffic = [_number(case.bytes_per_row(direction)), _number(requests)]
            rows.append([f"{direction} {words}".strip(), f"{count:,}", f"{rate:,.0f}", f"{cpu:.2f}", *memory, *traffic])
    head = ["", "rows", "rows/s", "CPU s per million rows", "peak MiB", "heap MiB", "bytes/row", "requests"]
    yield from _table(head, rows)
    yield ""
    for direction in DIRECTIONS:
        whole, by_row = case.over_floor(direction), case.over_floor_by_row(direction)
        if whole is not None and by_row is not None:
            yield f"CPU seconds of a {direction} over those of the floor: {whole:.2f}; without what a job of no rows takes: {by_row:.2f}."
            yield ""


def _engine(records: list[dict[str, Any]]) -> Iterator[str]:
    if not records:
        return
    yield "## Real engines"
    yield ""
    rows = []
    for store in sorted({record["store"] for record in records}):
        for direction in DIRECTIONS:
            found = engine_share(records, store, direction)
            if found is not None:
                ours, ceiling, concurrency = found
                rows.append(
                    [f"{store} {direction}", f"{ours:,.0f}", f"{ceiling:,.0f}", concurrency, f"{ours / ceiling:.2f}"]
                )
    yield from _table(["", "VectorFuse, rows/s", "ceiling, rows/s", "requests in flight", "share"], rows)
    yield ""
    yield "Without a Qdrant of your own (`VECTORFUSE_QDRANT_URL`) Qdrant is not measured here: the test server is no real one."
    yield ""


def _growth(growth: dict[str, Any]) -> Iterator[str]:
    yield f"## Growth: {growth['store']}, gRPC, 384 dimensions, one task"
    yield ""
    rows = []
    for record in growth["records"]:
        cpu = record["cpu_seconds"] / record["rows"] * 1e6
        memory = [f"{record[figure]:.0f}" for figure in ("peak_mib", "jvm_mib", "heap_mib")]
        figures = [f"{record['seconds']:.2f}", f"{cpu:.2f}", *memory]
        rows.append([record["what"], f"{record['rows']:,}", str(record["splits"]), *figures])
    head = ["", "rows", "splits", "seconds", "CPU s per million rows", "peak MiB", "the JVM's own MiB", "heap MiB"]
    yield from _table(head, rows)
    yield ""
    planning = growth["planning"]
    took = planning["seconds"] * 1000
    yield f"Planning a read of {planning['rows']:,} rows in {planning['splits']} splits takes {took:.0f} ms."
    yield ""


def _goals(results: dict[str, Any]) -> Iterator[str]:
    rows = [[goal.what, goal.goal, goal.figure, goal.verdict] for goal in goals(results)]
    yield from _table(["", "goal", "figure", ""], rows)


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(['---', *['---:'] * (len(head) - 1)])}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.0f}"
