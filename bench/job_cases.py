"""A Spark job that measures the cases of one number of tasks on the server that costs nothing: in each round every way of
writing and reading takes its turn, so that whatever else the machine does meets all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from bench import floors, peers
from bench.accounting import Jvm
from bench.front import Front
from bench.peers import Place
from bench.rows import BLOCK, Rows, counted, to_noop
from bench.session import Connector, run_job, told

# After so many runs, of a million rows each, the JIT compiler has seen what it needs, and what it takes is no longer in the
# figures.
WARM_UPS = 2
# As many requests as VectorFuse has in flight by default.
IN_FLIGHT = 4


class CaseRun:
    """One case."""

    def __init__(self, spark: SparkSession, plan: dict[str, Any], case: dict[str, Any]) -> None:
        self.spark, self.case, self.jvm = spark, case, Jvm(spark.sparkContext)
        self.tasks = case["tasks"]
        self.place = Place(
            case["store"], case["transport"], plan["fronts"][case["store"]], f"vectorfuse_bench_{case['dimensions']}"
        )
        self.front = Front(self.place.url)
        self.binary = Path(plan["binary"])
        self.rows = Rows(spark, case["dimensions"])
        self.connector = Connector(spark, self.place)
        self.many = counted(case["rows"], self.tasks)
        self.few = counted(case["peer_rows"], self.tasks)
        self.has_fuse = plan["fuse"] and case["transport"] == "http"
        self.records: list[dict[str, Any]] = []

    def source(self, rows: int) -> DataFrame:
        return self.rows.take(rows, self.tasks)

    def jobs(self) -> list[tuple[str, int, Callable[[], Any]]]:
        """Each way with the number of rows that it gets."""
        read = self.connector.read
        jobs = [
            ("start", self.tasks, lambda: to_noop(self.spark.range(0, self.tasks, 1, self.tasks))),
            ("noop-start", BLOCK * self.tasks, lambda: to_noop(self.source(0))),
            ("noop", self.many, lambda: to_noop(self.source(self.many))),
            ("vectorfuse-write", self.many, lambda: self.connector.write(self.source(self.many))),
            ("python-write", self.few, lambda: peers.write(self.source(self.few), self.place)),
            ("spark-fuse-write", self.few, lambda: peers.fuse_write(self.source(self.few), self.place)),
            ("vectorfuse-read", self.many, lambda: to_noop(read(self.tasks))),
            ("python-read", self.few, lambda: to_noop(peers.read(self.spark, self.place, self.few, self.tasks))),
            ("spark-fuse-read", self.few, lambda: to_noop(peers.fuse_read(self.spark, self.place))),
        ]
        return [job for job in jobs if self.has_fuse or not job[0].startswith("spark-fuse")]

    def run(self, rounds: int) -> list[dict[str, Any]]:
        for name, rows, job in self.jobs():
            for _ in range(WARM_UPS if rows != self.few else 1):
                self.front.reset(rows, learns=name == "vectorfuse-write")
                job()
        self.check()
        for number in range(rounds):
            for name, rows, job in self.jobs():
                self.front.reset(rows, learns=name == "vectorfuse-write")
                cost = self.jvm.measure(job).to_json()
                tally = self.front.tally()
                self.record(number, name, rows, {**cost, **tally})
                if name.startswith("vectorfuse"):
                    in_flight = IN_FLIGHT * self.tasks if name == "vectorfuse-write" else self.tasks
                    self.floor(number, name.replace("vectorfuse", "floor"), rows, tally["requests"], in_flight)
        self.rows.close()
        return self.records

    def floor(self, number: int, name: str, rows: int, requests: int, in_flight: int) -> None:
        """The requests that were just counted once more, from the plain program."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "requests"
            self.front.save(file)
            self.record(number, name, rows, floors.send(self.binary, self.place.url, file, requests, in_flight))

    def record(self, number: int, name: str, rows: int, figures: dict[str, float]) -> None:
        self.records.append({"case": self.case["name"], "round": number, "what": name, "rows": rows, **figures})
        per_row = figures["cpu_seconds"] / rows * 1e6
        told(
            f"{self.case['name']} {name}: {rows / figures['seconds']:,.0f} rows/s, {per_row:.2f} CPU s per million rows"
        )

    def check(self) -> None:
        """What is read is what there is: a bench of reads that lose rows would be worthless."""
        readers = [
            (self.many, lambda: self.connector.read(self.tasks)),
            (self.few, lambda: peers.read(self.spark, self.place, self.few, self.tasks)),
        ]
        for rows, read in readers:
            self.front.reset(rows)
            found = read().selectExpr("count(*)", "sum(id)", "sum(size(vector))", "count(in_stock)").first()
            expected = (rows, rows * (rows - 1) // 2, rows * self.case["dimensions"], rows)
            if found is None or tuple(found) != expected:
                raise RuntimeError(f"{self.case['name']}: read {found} instead of {expected}")


def measure(spark: SparkSession, plan: dict[str, Any]) -> list[dict[str, Any]]:
    if plan["fuse"]:
        peers.register_fuse(spark)
    return [record for case in plan["cases"] for record in CaseRun(spark, plan, case).run(plan["rounds"])]


if __name__ == "__main__":
    run_job(measure)
