"""What the jobs have in common: a Spark, the connector's options, and a result that the runner reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from bench.peers import Place


class Connector:
    """VectorFuse, as a user calls it."""

    def __init__(self, spark: SparkSession, place: Place) -> None:
        self._spark = spark
        self.options = {
            "store": place.store,
            "url": place.url,
            "transport": place.transport,
            "collection": place.collection,
        }

    def write(self, rows: DataFrame) -> None:
        # Nothing is normalised, so what is replayed is what was written.
        rows.write.format("vectorfuse").options(**self.options, distance="Dot").mode("append").save()

    def read(self, splits: int) -> DataFrame:
        return self._spark.read.format("vectorfuse").options(**self.options, splits=str(splits)).load()


def told(text: str) -> None:
    """One line for the person who waits, in the log that the runner shows."""
    print(f"bench: {text}", flush=True)


def run_job(job: Callable[[SparkSession, dict[str, Any]], Any]) -> None:
    """Runs a job with the plan that the runner wrote, and leaves its result."""
    plan_file, result_file = map(Path, sys.argv[1:3])
    spark = SparkSession.builder.getOrCreate()
    try:
        result = job(spark, json.loads(plan_file.read_text(encoding="utf-8")))
        result_file.write_text(json.dumps(result), encoding="utf-8")
    finally:
        spark.stop()
