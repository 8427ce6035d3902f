"""Short words for what nearly every test does: write a DataFrame into a collection, and read one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

from stores.qdrant import TRANSPORT, reach


@dataclass(frozen=True)
class Connector:
    """The data source, bound to one Spark and one server."""

    spark: SparkSession
    url: str
    api_key: str | None = None
    store: str = "qdrant"
    more: Mapping[str, Any] = field(default_factory=dict)
    """Options of every read and write: who asks, and of which database."""

    def options(self, collection: str, /, **options: Any) -> dict[str, str]:
        """The options of a read or write; an option given as None is left out."""
        given: dict[str, Any] = {
            "store": self.store,
            "url": self.url,
            "collection": collection,
            "api_key": self.api_key,
        }
        given.update(self.more)
        given.update(options)
        if given["url"] is not None:
            given["url"] = reach(given["url"])
            given.setdefault("transport", TRANSPORT)
        return {name: text(value) for name, value in given.items() if value is not None}

    def writer(self, data: DataFrame, collection: str, /, mode: str = "append", **options: Any) -> DataFrameWriter:
        return data.write.format("vectorfuse").options(**self.options(collection, **options)).mode(mode)

    def write(self, data: DataFrame, collection: str, /, mode: str = "append", **options: Any) -> None:
        """Writes; vectors are kept bit for bit unless the test asks for another distance."""
        self.writer(data, collection, mode, **{"distance": "Dot", **options}).save()

    def read(self, collection: str, /, schema: Any = None, **options: Any) -> DataFrame:
        reader = self.spark.read.format("vectorfuse").options(**self.options(collection, **{"splits": 2, **options}))
        return (reader.schema(schema) if schema is not None else reader).load()

    def sql(self, *expressions: str, rows: int = 1, partitions: int = 1) -> DataFrame:
        """`rows` rows made of SQL expressions over `n`, the row's number."""
        numbers = self.spark.range(0, rows, 1, partitions).withColumnRenamed("id", "n")
        return numbers.selectExpr(*expressions)


def text(value: Any) -> str:
    """An option's value as Spark takes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


# One row's vector that tells its row: n, 1, 0.5.
VECTOR = "array(cast(n as float), cast(1 as float), cast(0.5 as float)) as vector"
VECTOR_SIZE = 3
