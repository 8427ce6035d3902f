"""A Spark job of one task that measures how time and memory grow with the rows and with the splits, and how long planning
takes."""

from __future__ import annotations

import statistics
import time
from typing import Any

from pyspark.sql import SparkSession

from bench.accounting import Jvm
from bench.front import Front
from bench.peers import Place
from bench.rows import Rows, counted, to_noop
from bench.session import Connector, run_job, told

TIMES = (1, 10, 50)
SPLITS = (1, 2, 4, 8)
# A collection that takes long to plan if anything is counted row by row.
LARGE = 50_000_000
WARM_UPS = 4


def measure(spark: SparkSession, plan: dict[str, Any]) -> dict[str, Any]:
    jvm = Jvm(spark.sparkContext, keeps_account=True)
    place = Place(plan["store"], "grpc", plan["front"], "vectorfuse_bench_growth")
    front, connector, rows = Front(place.url), Connector(spark, place), Rows(spark, plan["dimensions"])
    sizes = [counted(plan["rows"] * times, 1) for times in TIMES]

    def run(what: str, count: int, splits: int) -> dict[str, Any]:
        front.reset(count, learns=what == "write")
        jobs = {
            "noop": lambda: to_noop(rows.take(count, 1)),
            "write": lambda: connector.write(rows.take(count, 1)),
            "read": lambda: to_noop(connector.read(splits)),
        }
        cost = jvm.measure(jobs[what]).to_json()
        told(f"growth {place.store} {what} of {count} rows in {splits}: {cost}")
        return {"store": place.store, "what": what, "rows": count, "splits": splits, **cost}

    records = []
    # Before the library is loaded: the memory that Spark has without it.
    for _ in range(WARM_UPS):
        run("noop", sizes[1], 1)
    records += [run("noop", size, 1) for size in sizes]
    for what in ("write", "read"):
        for _ in range(WARM_UPS):
            run(what, sizes[1], 1)
        records += [run(what, size, 1) for size in sizes]
    records += [run("read", sizes[1], splits) for splits in SPLITS]
    return {"records": records, "planning": planning(front, connector)}


def planning(front: Front, connector: Connector) -> dict[str, Any]:
    """From `load` to the plan with its splits, of a large collection."""
    front.reset(LARGE)
    took = []
    for _ in range(5):
        begin = time.monotonic()
        connector.read(SPLITS[-1]).rdd.getNumPartitions()
        took.append(time.monotonic() - begin)
    return {"rows": LARGE, "splits": SPLITS[-1], "seconds": statistics.median(took)}


if __name__ == "__main__":
    run_job(measure)
