"""The rows that are written, and what a read gives back: an id, a vector and five fields of payload.

The source must cost next to nothing, or it would hide what the connector costs: a small block of rows, cached, is broadcast
and repeated under new ids. A row then costs Spark one copy of its vector, and there can be any number of them without more
memory or a disk. Measured: 0.3 CPU seconds per million rows of 384 floats, and 0.2 for the job. (A Parquet file would
add what its reader costs; a cached DataFrame of all rows needs gigabytes of the heap.)
"""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

# Each job broadcasts it anew, which has to be cheap too.
BLOCK = 500

SCHEMA = "id bigint, vector array<float>, title string, category string, year int, price double, in_stock boolean"
PAYLOAD = ("title", "category", "year", "price", "in_stock")


class Rows:
    """Rows with vectors of one size."""

    def __init__(self, spark: SparkSession, dimensions: int) -> None:
        # Numbers with all their digits: as text they are as long as an embedding's.
        block = spark.range(0, BLOCK, 1, 1).selectExpr(
            "id as place",
            f"transform(sequence(1, {dimensions}), i -> cast(hash(id, i) / 2147483648.0 as float)) as vector",
            "concat('an article with the number ', id) as title",
            "concat('category ', id % 10) as category",
            "cast(1990 + id % 35 as int) as year",
            "rint(abs(hash(id)) / 1000.0) / 100.0 as price",
            "id % 3 = 0 as in_stock",
        )
        self._block = block.cache()
        self._block.count()
        self._spark = spark

    def take(self, rows: int, tasks: int) -> DataFrame:
        """About so many of them, in so many tasks."""
        blocks = self._spark.range(0, max(rows // BLOCK, tasks), 1, tasks).withColumnRenamed("id", "block")
        joined = blocks.crossJoin(F.broadcast(self._block))
        return joined.selectExpr(f"block * {BLOCK} + place as id", "vector", *PAYLOAD)

    def close(self) -> None:
        self._block.unpersist()


def counted(rows: int, tasks: int) -> int:
    """How many rows `take` gives."""
    return max(rows // BLOCK, tasks) * BLOCK


def to_noop(rows: DataFrame) -> None:
    rows.write.format("noop").mode("overwrite").save()
