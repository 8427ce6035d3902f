"""Partitions: one that a write or read names, one per row, and those that the server chooses by a field."""

from __future__ import annotations

from stores.milvus_raw import RawMilvus
from support.connector import VECTOR, Connector
from support.failures import failure_of


def test_rows_go_to_the_partition_that_the_write_or_the_row_names(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=10), collection, partition="north")
    by_row = connector.sql("n + 100 as id", VECTOR, "if(n % 2 = 0, 'south', 'west') as place", rows=10, partitions=2)
    connector.write(by_row, collection, partition_field="place", batch_rows=3)
    assert set(raw.client.list_partitions(collection)) == {"_default", "north", "south", "west"}

    def ids(partitions: str | None) -> list[int]:
        return sorted(row.id for row in connector.read(collection, partitions=partitions).select("id").collect())

    assert ids("north") == list(range(10))
    assert ids("south") == list(range(100, 110, 2))
    assert ids("south,west") == list(range(100, 110))
    assert len(ids(None)) == 20
    assert connector.read(collection, partitions="west").count() == 5
    failure = failure_of(lambda: ids("east"))
    assert failure.kind == "NOT_FOUND"
    assert failure.names("east", "north")
    # An overwrite of all does not pass for one of a part.
    failure = failure_of(
        lambda: connector.write(connector.sql("n as id", VECTOR), collection, mode="overwrite", partition="north")
    )
    assert failure.kind == "OPTIONS"
    assert failure.names("partition", "south")
    assert raw.count(collection) == 20


def test_a_partition_key_parts_the_rows_and_a_filter_finds_them(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    data = connector.sql("n as number", VECTOR, "concat('t', n % 5) as tenant", rows=50, partitions=2)
    connector.write(data, collection, partition_key="tenant", auto_id=True)
    described = raw.info(collection)["fields"]
    assert [one["name"] for one in described if one.get("is_partition_key")] == ["tenant"]
    found = connector.read(collection).where("tenant = 't3'")
    assert sorted(row.number for row in found.collect()) == list(range(3, 50, 5))
    expression = connector.read(collection, filter="tenant == 't3'")
    assert sorted(row.number for row in expression.collect()) == list(range(3, 50, 5))
    failure = failure_of(lambda: connector.read(collection, partitions="_default_0").collect())
    assert failure.kind == "OPTIONS"
    assert failure.names("partitions", "field")
    failure = failure_of(lambda: connector.write(data, collection, partition="north"))
    assert failure.names("partition", "tenant")


def test_a_partition_key_of_rows_that_bring_their_keys_is_refused_by_an_old_server(trusting: Connector) -> None:
    """Milvus 2.3.5 upserts such rows into partitions where a filter by that field does not find them."""
    data = trusting.sql("n as id", VECTOR, "concat('t', n % 5) as tenant", rows=50)
    failure = failure_of(lambda: trusting.write(data, "spread", partition_key="tenant"))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("partition key", "2.3.5")


def test_a_partition_key_is_kept_with_rows_that_bring_their_keys(lite: Connector, lite_collection: str) -> None:
    data = lite.sql("n as id", VECTOR, "concat('t', n % 5) as tenant", rows=50, partitions=2)
    for _ in range(2):
        lite.write(data, lite_collection, partition_key="tenant")
    stored = lite.read(lite_collection)
    assert sorted(row.id for row in stored.where("tenant = 't3'").collect()) == list(range(3, 50, 5))
    assert stored.count() == 50
