"""From what was measured to figures: medians, and ratios within one round."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

Record = dict[str, Any]

# What was measured, and what people call it.
WAYS = {
    "noop": "Spark's `noop`",
    "vectorfuse": "VectorFuse",
    "floor": "plain Rust program, the same bytes",
    "python": "Python client in `mapPartitions`",
    "spark-fuse": "spark-fuse",
}
DIRECTIONS = ("write", "read")


@dataclass(frozen=True)
class CaseFigures:
    """Of one case."""

    name: str
    records: list[Record]

    def of(self, what: str) -> list[Record]:
        return [record for record in self.records if record["what"] == what]

    def rate(self, what: str) -> float | None:
        return _median(record["rows"] / record["seconds"] for record in self.of(what))

    def cpu(self, what: str) -> float | None:
        """CPU seconds per million rows."""
        return _median(record["cpu_seconds"] / record["rows"] * 1e6 for record in self.of(what))

    def median_of(self, what: str, figure: str) -> float | None:
        return _median(record[figure] for record in self.of(what) if figure in record)

    def bytes_per_row(self, direction: str) -> float | None:
        """Of bodies, both ways, as the server counts them."""
        records = self.of(f"vectorfuse-{direction}")
        return _median((record["bytes_in"] + record["bytes_out"]) / record["rows"] for record in records)

    def over_floor(self, direction: str) -> float | None:
        """CPU seconds over those of the floor: the plain program, and Spark's `noop` of the same rows."""
        return self._over_floor(direction, by_row=False)

    def over_floor_by_row(self, direction: str) -> float | None:
        """The same without what a Spark job takes that has next to no rows: what a row adds."""
        return self._over_floor(direction, by_row=True)

    def _over_floor(self, direction: str, *, by_row: bool) -> float | None:
        ours, floor = f"vectorfuse-{direction}", f"floor-{direction}"

        def ratio(round_: dict[str, Record]) -> float:
            cpu = {what: record["cpu_seconds"] for what, record in round_.items()}
            rows = max(cpu["noop"] - cpu["noop-start"], 0.0)
            # A read does not have the job that makes the rows to write, and so its floor has the start of a plain one.
            start = cpu["noop-start"] if direction == "write" else cpu["start"]
            if by_row:
                return (cpu[ours] - start) / (rows + cpu[floor])
            return cpu[ours] / (start + rows + cpu[floor])

        return self._by_round((ours, floor, "noop", "noop-start", "start"), ratio)

    def over_peer(self, direction: str, peer: str) -> float | None:
        """The rate over that of a peer."""

        def ratio(round_: dict[str, Record]) -> float:
            ours, theirs = (round_[f"{who}-{direction}"] for who in ("vectorfuse", peer))
            return (ours["rows"] / ours["seconds"]) / (theirs["rows"] / theirs["seconds"])

        return self._by_round((f"vectorfuse-{direction}", f"{peer}-{direction}"), ratio)

    def _by_round(self, needed: Iterable[str], ratio: Callable[[dict[str, Record]], float]) -> float | None:
        rounds: dict[int, dict[str, Record]] = {}
        for record in self.records:
            rounds.setdefault(record["round"], {})[record["what"]] = record
        return _median(ratio(round_) for round_ in rounds.values() if all(what in round_ for what in needed))


def by_case(records: list[Record]) -> list[CaseFigures]:
    names = list(dict.fromkeys(record["case"] for record in records))
    return [CaseFigures(name, [record for record in records if record["case"] == name]) for name in names]


def engine_share(records: list[Record], store: str, direction: str) -> tuple[float, float, str] | None:
    """The rate on a real engine, that engine's ceiling, and at which concurrency that was."""
    records = [record for record in records if record["store"] == store]

    def rate(what: str) -> float | None:
        return _median(record["rows"] / record["seconds"] for record in records if record["what"] == what)

    names = sorted({record["what"] for record in records if record["what"].startswith(f"ceiling-{direction}-")})
    ceilings = [(rate(name) or 0.0, name.rpartition("-")[2]) for name in names]
    ours = rate(f"vectorfuse-{direction}")
    if ours is None or not ceilings:
        return None
    best, concurrency = max(ceilings)
    return ours, best, concurrency


def native_mib(records: list[Record]) -> float:
    """The most memory beside what the JVM has itself, beyond that of `noop`."""

    def beside(records: Iterable[Record]) -> float:
        return max(record["peak_mib"] - record["jvm_mib"] for record in records)

    noop = beside(record for record in records if record["what"] == "noop")
    return beside(record for record in records if record["what"] != "noop") - noop


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return median(found) if found else None
