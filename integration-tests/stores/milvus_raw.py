"""Milvus as it is, without the connector: the official client, to see what was really stored, and to make collections that
VectorFuse did not make."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymilvus import DataType, MilvusClient

SECONDS = 60.0

# As many rows as Milvus gives at once.
PAGE = 16_384

# It logs each error that it also raises, with a trace of the calls: a test that expects one would fill the log.
logging.getLogger("pymilvus").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Field:
    """A field by its name and its kind's name in the client, and what else the client takes: `is_primary`, `auto_id`,
    `max_length`, `dim`, `nullable`, `default_value`, `element_type`, `max_capacity`, `is_partition_key`."""

    name: str
    kind: str
    options: Mapping[str, Any]

    @property
    def is_vector(self) -> bool:
        return self.kind.endswith("_VECTOR")


def field(name: str, kind: str, **options: Any) -> Field:
    """`field("id", "INT64", is_primary=True)`, `field("v", "FLOAT_VECTOR", dim=3)`."""
    return Field(name, kind, options)


class RawMilvus:
    """A connection to one server and one of its databases."""

    def __init__(self, url: str, token: str | None = None, database: str = "default", **tls: Any) -> None:
        # Dedicated: the client else shares a connection by its url, and a server that was started again has the same.
        self.client = MilvusClient(url, token=token or "", db_name=database, timeout=SECONDS, dedicated=True, **tls)
        self._lite = self.client.get_server_version().startswith("milvus_lite")

    def close(self) -> None:
        self.client.close()

    def collections(self) -> list[str]:
        return list(self.client.list_collections(timeout=SECONDS))

    def create(
        self,
        collection: str,
        fields: Sequence[Field],
        *,
        dynamic: bool = False,
        metrics: Mapping[str, str] | None = None,
        indexed: bool = True,
        loaded: bool = True,
        **options: Any,
    ) -> None:
        """Makes a collection; unless told otherwise it is ready to be read. `metrics` is the metric of each vector field
        that is not to have the usual one of its kind; `options` goes to the client: `num_shards`, `consistency_level`."""
        schema = self.client.create_schema(enable_dynamic_field=dynamic)
        for one in fields:
            kinds = {**one.options, "datatype": DataType[one.kind]}
            if "element_type" in kinds:
                kinds["element_type"] = DataType[kinds["element_type"]]
            schema.add_field(one.name, **kinds)
        self.client.create_collection(collection, schema=schema, timeout=SECONDS, **options)
        if not indexed:
            return
        indexes = self.client.prepare_index_params()
        for one in fields:
            if one.is_vector:
                kind, metric = _INDEXES.get(one.kind, ("FLAT", "L2"))
                indexes.add_index(one.name, index_type=kind, metric_type=(metrics or {}).get(one.name, metric))
        self.client.create_index(collection, indexes, timeout=SECONDS)
        if loaded:
            self.client.load_collection(collection, timeout=SECONDS)

    def delete(self, collection: str) -> None:
        self.client.drop_collection(collection, timeout=SECONDS)

    def info(self, collection: str) -> dict[str, Any]:
        """The server's own description, as the client gives it."""
        return self.client.describe_collection(collection, timeout=SECONDS)

    def kinds(self, collection: str) -> dict[str, str]:
        """The kind of each field by its name."""
        return {one["name"]: DataType(one["type"]).name for one in self.info(collection)["fields"]}

    def insert(self, collection: str, rows: Iterable[Mapping[str, Any]], partition: str = "") -> None:
        given = [dict(row) for row in rows]
        answer = self.client.insert(collection, given, timeout=SECONDS, partition_name=partition)
        if answer["insert_count"] != len(given):
            raise RuntimeError(f"{len(given)} rows were to be inserted, and the server says {answer}")

    def count(self, collection: str, expression: str = "") -> int:
        """How many rows there are now; rows that share a key count each."""
        answer = self.client.query(
            collection, filter=expression, output_fields=["count(*)"], timeout=SECONDS, consistency_level="Strong"
        )
        return int(answer[0]["count(*)"])

    def rows(self, collection: str, expression: str = "", fields: Sequence[str] = ("*",)) -> Iterator[dict[str, Any]]:
        """Every row there is now, by its primary key, and without a window's limit."""
        key = next(one["name"] for one in self.info(collection)["fields"] if one.get("is_primary"))
        condition = expression
        # A page may be shorter than its limit: only an empty one is the end.
        while page := self.client.query(
            collection, filter=condition, output_fields=list(fields), limit=PAGE, timeout=SECONDS, **self._in_order
        ):
            yield from page
            last = json.dumps(page[-1][key], ensure_ascii=False)
            condition = f"({expression}) and {key} > {last}" if expression else f"{key} > {last}"

    @property
    def _in_order(self) -> dict[str, str]:
        """What makes a page begin at the least key. Milvus Lite does so for an iterator alone. For one, the client asks with
        the collection's own consistency, whatever it was told: Milvus then leaves out what was written in the last seconds."""
        return {"iterator": "True"} if self._lite else {"consistency_level": "Strong"}


# The index and metric that a kind of vector takes, where they are not those of floats.
_INDEXES = {
    "BINARY_VECTOR": ("BIN_FLAT", "HAMMING"),
    "SPARSE_FLOAT_VECTOR": ("SPARSE_INVERTED_INDEX", "IP"),
}
