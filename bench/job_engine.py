"""A Spark job that measures VectorFuse on a real engine beside the engine's own ceiling: the same requests, already encoded,
from the plain program at its best concurrency."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from bench import floors
from bench.accounting import Jvm
from bench.front import Front
from bench.peers import Place
from bench.rows import Rows, counted, to_noop
from bench.session import Connector, run_job, told

IN_FLIGHT = (2, 4, 8)
TASKS = 2
SETTLING_SECONDS = 45
# So many times is the collection read in one job. An engine on two cores does not take a million rows in a reasonable time,
# and of a fifth of them what a job costs however little it does is a tenth of the time.
PASSES = 5


class EngineRun:
    """One engine."""

    def __init__(self, spark: SparkSession, plan: dict[str, Any]) -> None:
        self.plan, self.jvm, self.front = plan, Jvm(spark.sparkContext), Front(plan["front"])
        self.through = Connector(spark, Place(plan["store"], "grpc", plan["front"], "vectorfuse_bench_engine"))
        self.direct = Connector(spark, Place(plan["store"], "grpc", plan["url"], "vectorfuse_bench_engine"))
        self.rows, self.count = Rows(spark, plan["dimensions"]), counted(plan["rows"], TASKS)
        self.records: list[dict[str, Any]] = []

    def write(self, connector: Connector) -> None:
        connector.write(self.rows.take(self.count, TASKS))

    def read(self, connector: Connector, passes: int = 1) -> None:
        to_noop(reduce(DataFrame.union, [connector.read(TASKS) for _ in range(passes)]))

    def run(self) -> list[dict[str, Any]]:
        with tempfile.TemporaryDirectory() as folder:
            # What comes before the rounds warms up as well.
            written = self.kept(Path(folder) / "write", self.write)
            self.write(self.direct)
            read = self.kept(Path(folder) / "read", self.read)
            self.compare("write", 1, lambda: self.write(self.direct), *written)
            # The server answers a write before it has taken the rows in, and has work with them for a while after that: what
            # it still does for the writes is no part of a read.
            self.direct.read(TASKS).count()
            time.sleep(SETTLING_SECONDS)
            self.read(self.direct, PASSES)
            self.compare("read", PASSES, lambda: self.read(self.direct, PASSES), *read)
        return self.records

    def kept(self, file: Path, job: Callable[[Connector], None]) -> tuple[Path, int]:
        """Where the requests of a job are, which goes through the front once; and how many."""
        self.front.reset(passes=True)
        job(self.through)
        self.front.save(file)
        return file, self.front.tally()["requests"]

    def compare(self, what: str, passes: int, job: Callable[[], None], file: Path, requests: int) -> None:
        """Times a job, and its requests from the plain program, in rounds."""
        for number in range(self.plan["rounds"]):
            self.record(number, f"vectorfuse-{what}", passes, self.jvm.measure(job).to_json())
            for in_flight in IN_FLIGHT:
                sent = floors.send(Path(self.plan["binary"]), self.plan["url"], file, passes * requests, in_flight)
                self.record(number, f"ceiling-{what}-{in_flight}", passes, sent)

    def record(self, number: int, what: str, passes: int, figures: dict[str, float]) -> None:
        store, rows = self.plan["store"], passes * self.count
        self.records.append({"store": store, "round": number, "what": what, "rows": rows, **figures})
        told(f"engine {store} {what}: {rows / figures['seconds']:,.0f} rows/s")


def measure(spark: SparkSession, plan: dict[str, Any]) -> list[dict[str, Any]]:
    return EngineRun(spark, plan).run()


if __name__ == "__main__":
    run_job(measure)
