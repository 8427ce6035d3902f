"""What people use instead: the Python clients in `mapPartitions`, and spark-fuse. Each as its documentation shows it, with
batches that suit it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, Row, SparkSession

from bench.rows import PAYLOAD, SCHEMA

BATCH = 1000
# The default of spark-fuse is 128; of larger batches it takes less time per row.
FUSE_BATCH = 1000
FUSE_SCHEMA = (
    "id bigint, vector array<float>, payload struct<title string, category string, year int, price double, "
    "in_stock boolean>"
)


@dataclass(frozen=True)
class Place:
    """A collection, as the peers reach it."""

    store: str
    transport: str
    url: str
    collection: str


def write(rows: DataFrame, place: Place) -> None:
    """By the store's Python client."""
    rows.rdd.foreachPartition(_QdrantWriter(place) if place.store == "qdrant" else _MilvusWriter(place))


def read(spark: SparkSession, place: Place, rows: int, tasks: int) -> DataFrame:
    """By the store's Python client: each task reads its range of the ids."""
    ranges = [(rows * task // tasks, rows * (task + 1) // tasks) for task in range(tasks)]
    reader = _QdrantReader(place) if place.store == "qdrant" else _MilvusReader(place)
    return spark.createDataFrame(spark.sparkContext.parallelize(ranges, tasks).mapPartitions(reader), SCHEMA)


def batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield batch


@dataclass(frozen=True)
class _QdrantWriter:
    place: Place

    def __call__(self, rows: Iterable[Row]) -> None:
        from qdrant_client.models import PointStruct

        client = _qdrant(self.place)
        for batch in batches(rows):
            points = [
                PointStruct(id=row.id, vector=row.vector, payload={name: row[name] for name in PAYLOAD})
                for row in batch
            ]
            client.upsert(self.place.collection, points, wait=True)


@dataclass(frozen=True)
class _QdrantReader:
    place: Place

    def __call__(self, ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[Any, ...]]:
        client = _qdrant(self.place)
        for start, end in ranges:
            offset: Any = start
            while offset is not None and offset < end:
                points, offset = client.scroll(
                    self.place.collection, limit=min(BATCH, end - offset), offset=offset, with_vectors=True
                )
                for point in points:
                    yield (point.id, point.vector, *(point.payload[name] for name in PAYLOAD))


@dataclass(frozen=True)
class _MilvusWriter:
    place: Place

    def __call__(self, rows: Iterable[Row]) -> None:
        client = _milvus(self.place)
        for batch in batches(rows):
            client.insert(self.place.collection, [row.asDict() for row in batch])


@dataclass(frozen=True)
class _MilvusReader:
    place: Place

    def __call__(self, ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[Any, ...]]:
        client = _milvus(self.place)
        fields = ["id", "vector", *PAYLOAD]
        for start, end in ranges:
            while start < end:
                found = client.query(
                    self.place.collection, filter=f"id >= {start} and id < {end}", output_fields=fields, limit=BATCH
                )
                if not found:
                    break
                for row in found:
                    yield (row["id"], [float(value) for value in row["vector"]], *(row[name] for name in PAYLOAD))
                start = found[-1]["id"] + 1


def _qdrant(place: Place) -> Any:
    from qdrant_client import QdrantClient

    address = urlsplit(place.url)
    return QdrantClient(
        host=address.hostname,
        port=address.port,
        grpc_port=address.port,
        https=False,
        prefer_grpc=place.transport == "grpc",
        check_compatibility=False,
        timeout=60,
    )


def _milvus(place: Place) -> Any:
    from pymilvus import MilvusClient

    return MilvusClient(uri=place.url)


def fuse_write(rows: DataFrame, place: Place) -> None:
    """By spark-fuse."""
    options = {"spark.fuse.qdrant.config": _fuse_config(place)}
    rows.write.format("spark-fuse-qdrant").options(**options).mode("append").save()


def fuse_read(spark: SparkSession, place: Place) -> DataFrame:
    """By spark-fuse, which always reads in one task."""
    from pyspark.sql.types import StructType

    schema = StructType.fromDDL(FUSE_SCHEMA).json()
    options = {"spark.fuse.qdrant.config": _fuse_config(place), "spark.fuse.qdrant.schema": schema}
    return spark.read.format("spark-fuse-qdrant").options(**options).load()


def register_fuse(spark: SparkSession) -> None:
    from spark_fuse.io.qdrant import register_qdrant_data_source

    register_qdrant_data_source(spark)


def _fuse_config(place: Place) -> str:
    config = {
        "endpoint": place.url,
        "collection": place.collection,
        "batch_size": FUSE_BATCH,
        "page_size": FUSE_BATCH,
        "with_vectors": True,
        "write_method": "put",
        "payload_format": "points",
    }
    return json.dumps(config)
