"""A Spark job that measures how long the first `load` of a process takes: the library is loaded, a connection made, and the
collection opened. Spark's own classes for reading and writing are there by then."""

from __future__ import annotations

import time
from typing import Any

from pyspark.sql import SparkSession

from bench.peers import Place
from bench.rows import Rows, to_noop
from bench.session import Connector, run_job, told


def measure(spark: SparkSession, plan: dict[str, Any]) -> dict[str, float]:
    connector = Connector(spark, Place("qdrant", "grpc", plan["front"], "vectorfuse_bench_start"))
    rows = Rows(spark, plan["dimensions"])
    if plan["creates"]:
        connector.write(rows.take(1, 1))
        return {}
    to_noop(rows.take(1, 1))
    # A source of Spark's own, of the same kind as ours.
    spark.conf.set("spark.sql.sources.useV1SourceList", "")
    spark.read.format("text").load(plan["file"])
    took = []
    for _ in range(2):
        begin = time.monotonic()
        connector.read(1)
        took.append(time.monotonic() - begin)
    told(f"the first load took {took[0]:.3f} s, the second {took[1]:.3f} s")
    return {"first": took[0], "second": took[1]}


if __name__ == "__main__":
    run_job(measure)
