"""A Spark job that measures VectorFuse on a real engine beside the engine's own ceiling: the same requests, already encoded,
from the plain program at its best concurrency."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from bench import floors
from bench.accounting import Jvm
from bench.front import Front
from bench.peers import Place
from bench.rows import Rows, counted, to_noop
from bench.session import Connector, run_job, told

IN_FLIGHT = (1, 2, 4, 8)
TASKS = 2
SETTLING_SECONDS = 45


def measure(spark: SparkSession, plan: dict[str, Any]) -> list[dict[str, Any]]:
    jvm, binary = Jvm(spark.sparkContext), Path(plan["binary"])
    front, rows = Front(plan["front"]), Rows(spark, plan["dimensions"])
    through = Connector(spark, Place(plan["store"], "grpc", plan["front"], "vectorfuse_bench_engine"))
    direct = Connector(spark, Place(plan["store"], "grpc", plan["url"], "vectorfuse_bench_engine"))
    count = counted(plan["rows"], TASKS)
    records: list[dict[str, Any]] = []

    def record(number: int, what: str, figures: dict[str, float]) -> None:
        records.append({"store": plan["store"], "round": number, "what": what, "rows": count, **figures})
        told(f"engine {plan['store']} {what}: {count / figures['seconds']:,.0f} rows/s")

    with tempfile.TemporaryDirectory() as folder:
        # Through the front once, which keeps the requests; this warms up as well.
        requests, jobs, kept = {}, {}, {}
        for what in ("write", "read"):
            connector_jobs = {
                "write": lambda connector: connector.write(rows.take(count, TASKS)),
                "read": lambda connector: to_noop(connector.read(TASKS)),
            }
            front.reset(passes=True)
            connector_jobs[what](through)
            kept[what] = front.tally()["requests"]
            requests[what] = Path(folder) / what
            front.save(requests[what])
            jobs[what] = connector_jobs[what]
            jobs[what](direct)
        for what in ("write", "read"):
            if what == "read":
                # The server answers a write before it has taken the rows in, and has work with them for a while after that:
                # what it still does for the writes is no part of a read.
                direct.read(TASKS).count()
                time.sleep(SETTLING_SECONDS)
                jobs[what](direct)
            for number in range(plan["rounds"]):
                record(number, f"vectorfuse-{what}", jvm.measure(lambda what=what: jobs[what](direct)).to_json())
                for in_flight in IN_FLIGHT:
                    figures = floors.send(binary, plan["url"], requests[what], kept[what], in_flight)
                    record(number, f"ceiling-{what}-{in_flight}", figures)
    return records


if __name__ == "__main__":
    run_job(measure)
