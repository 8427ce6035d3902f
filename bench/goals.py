"""What issue 6 asks for, as rows of a table: the goal, the figure, and whether it is met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.figures import DIRECTIONS, by_case, engine_share, native_mib

CPU_RATIO = 1.5
PEER_RATIO = 10.0
ENGINE_SHARE = 0.95
NATIVE_MIB = 64.0
START_SECONDS = 0.150
JAR_MB = 12.0


@dataclass(frozen=True)
class Goal:
    """One line of the table. `met` is None where nothing was measured."""

    what: str
    goal: str
    figure: str
    met: bool | None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "**not met**", None: "not measured"}[self.met]


def goals(results: dict[str, Any]) -> list[Goal]:
    return [*_cpu(results), *_rates(results), *_engines(results), *_memory(results), *_start(results)]


def _cpu(results: dict[str, Any]) -> Iterator[Goal]:
    names = {
        "write": "write, discarding server: CPU seconds over those of `noop` plus the Rust sender",
        "read": "read `select *`, replaying server: CPU seconds over those of the Rust receiver plus `noop`",
    }
    for direction in DIRECTIONS:
        for case in by_case(results["cases"]):
            ratio = case.over_floor(direction)
            if ratio is not None:
                yield Goal(f"{names[direction]}: {case.name}", f"≤ {CPU_RATIO}", f"{ratio:.2f}", ratio <= CPU_RATIO)


def _rates(results: dict[str, Any]) -> Iterator[Goal]:
    for direction in DIRECTIONS:
        for case in by_case(results["cases"]):
            ratio = case.over_peer(direction, "python")
            if ratio is not None:
                what = f"{direction} rate over the Python client in `mapPartitions`: {case.name}"
                yield Goal(what, f"≥ {PEER_RATIO:.0f}×", f"{ratio:.1f}×", ratio >= PEER_RATIO)


def _engines(results: dict[str, Any]) -> Iterator[Goal]:
    for store in ("milvus", "qdrant"):
        for direction in DIRECTIONS:
            what = f"{direction} rate on a real {store.capitalize()} over the engine's ceiling"
            found = engine_share(results.get("engine", []), store, direction)
            if found is None:
                yield Goal(what, f"≥ {ENGINE_SHARE}", "–", None)
                continue
            ours, ceiling, _ = found
            yield Goal(what, f"≥ {ENGINE_SHARE}", f"{ours / ceiling:.2f}", ours / ceiling >= ENGINE_SHARE)


def _memory(results: dict[str, Any]) -> Iterator[Goal]:
    for growth in results.get("growth", []):
        beyond = native_mib(growth["records"])
        largest = max(record["rows"] for record in growth["records"])
        what = (
            f"native memory of a task beyond Spark's and the JVM's own, up to {largest:,} rows: {growth['store']}-grpc"
        )
        yield Goal(what, f"≤ {NATIVE_MIB:.0f} MiB", f"{beyond:.0f} MiB", beyond <= NATIVE_MIB)


def _start(results: dict[str, Any]) -> Iterator[Goal]:
    starts = results.get("startup", [])
    if starts:
        first = median(start["first"] for start in starts)
        what = "start-up: loading the library and opening a collection"
        yield Goal(what, f"< {START_SECONDS * 1000:.0f} ms", f"{first * 1000:.0f} ms", first < START_SECONDS)
    megabytes = results["jar_bytes"] / 1e6
    yield Goal("jar, for one platform", f"< {JAR_MB:.0f} MB", f"{megabytes:.1f} MB", megabytes < JAR_MB)
