"""What cannot be done as it was asked: the failure says which option, column or row it is, and nothing is changed silently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from stores.milvus_raw import RawMilvus, field
from support.connector import VECTOR, Connector
from support.failures import Failure, failure_of

QUICK = {"max_retries": 1, "backoff_factor": 0.05}
FIELDS = [
    field("id", "INT64", is_primary=True),
    field("tiny", "INT8"),
    field("word", "VARCHAR", max_length=5),
    field("document", "JSON"),
    field("vector", "FLOAT_VECTOR", dim=3),
]
GOOD = {
    "id": "n as id",
    "tiny": "1Y as tiny",
    "word": "'five5' as word",
    "document": "'{}' as document",
    "vector": VECTOR,
}


@pytest.fixture(scope="module")
def there(raw_milvus: RawMilvus) -> Iterator[str]:
    """A collection that others have made, for tests that change nothing in it."""
    name = "vf_bad_input_of_spark"
    if name in raw_milvus.collections():
        raw_milvus.delete(name)
    raw_milvus.create(name, FIELDS)
    yield name
    raw_milvus.delete(name)


def refused(connector: Connector, collection: str, rows: int = 10, **columns: str) -> Failure:
    """Writes rows of which the seventh is bad."""
    expressions = {**GOOD, **columns}.values()
    data = connector.sql(*(one for one in expressions if one), rows=rows, partitions=2)
    return failure_of(lambda: connector.write(data, collection, distance=None))


@pytest.mark.parametrize(
    ("column", "expression", "words"),
    [
        ("word", "if(n = 7, 'größe', 'a') as word", ("word", "7 bytes", "5")),
        ("tiny", "if(n = 7, 128, 127) as tiny", ("tiny", "128", "Int8")),
        ("id", "if(n = 7, null, n) as id", ("id", "null")),
        ("word", "if(n = 7, null, 'a') as word", ("word", "null")),
        ("document", "if(n = 7, '{', '{}') as document", ("document", "JSON")),
        ("vector", "if(n = 7, array(1F), array(1F, 2F, 3F)) as vector", ("vector", "1", "3")),
        ("vector", "array(1F, if(n = 7, float('NaN'), 1F), 3F) as vector", ("vector", "NaN")),
        ("vector", "if(n = 7, null, array(1F, 2F, 3F)) as vector", ("vector", "null")),
    ],
    ids=["text too long", "Int8 out of range", "null key", "null", "no JSON", "too short", "NaN", "no vector"],
)
def test_a_row_that_cannot_be_kept_is_named(
    connector: Connector, there: str, column: str, expression: str, words: tuple[str, ...]
) -> None:
    failure = refused(connector, there, **{column: expression})
    assert failure.kind == "DATA", failure
    assert failure.names(*words), failure
    assert failure.names("row") or failure.names("id: 7"), "which row it was"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"word": ""}, ("word",)),
        ({"vector": ""}, ("vector",)),
        ({"id": "concat('k', n) as id"}, ("id", "integer")),
        ({"id": "n as key"}, ("id",)),
        ({"tiny": "1.5D as tiny"}, ("tiny", "double", "Int8")),
        ({"more": "1 as more"}, ("more", "word")),
    ],
    ids=["missing field", "missing vector", "key of another type", "no key", "field of another type", "no such field"],
)
def test_columns_that_do_not_fit_the_collection_are_named_before_a_row_is_sent(
    connector: Connector, there: str, columns: dict[str, str], words: tuple[str, ...]
) -> None:
    failure = refused(connector, there, **columns)
    assert failure.kind == "OPTIONS", failure
    assert failure.names(*words), failure


def test_bad_rows_can_be_passed_over(connector: Connector, raw: RawMilvus, collection: str) -> None:
    data = connector.sql(
        "if(n % 10 = 7, null, n) as id",
        VECTOR,
        "if(n % 10 = 3, repeat('ü', 40000), 'a') as word",
        rows=40,
        partitions=2,
    )
    connector.write(data, collection, on_error="skip", max_errors=8)
    assert sorted(row["id"] for row in raw.rows(collection)) == [n for n in range(40) if n % 10 not in (3, 7)]


def test_a_doubled_key_leaves_its_last_row(connector: Connector, raw: RawMilvus, collection: str) -> None:
    data = connector.sql("n % 10 as id", VECTOR, "n as number", rows=100)
    connector.write(data, collection, batch_rows=15)
    assert raw.count(collection) == 10
    assert sorted((row.id, row.number) for row in connector.read(collection).collect()) == [
        (n, 90 + n) for n in range(10)
    ]


def test_rows_that_others_have_doubled_are_read_once(connector: Connector, raw: RawMilvus, collection: str) -> None:
    """An insert of Milvus does not look at keys."""
    raw.create(collection, [field("id", "INT64", is_primary=True), field("v", "FLOAT_VECTOR", dim=1)])
    for _ in range(2):
        raw.insert(collection, [{"id": n, "v": [1.0]} for n in range(100)])
    assert raw.count(collection) == 200
    stored = connector.read(collection)
    assert sorted(row.id for row in stored.collect()) == list(range(100))
    assert stored.count() == stored.selectExpr("count(v)").first()[0] == 100  # type: ignore[index]


def test_a_collection_that_is_not_loaded_or_has_no_index_says_what_to_do(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    raw.create(collection, FIELDS, indexed=False)
    failure = failure_of(lambda: connector.read(collection).collect())
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("not loaded", "index", collection)
    data = connector.sql(*GOOD.values(), rows=5)
    connector.write(data, collection, distance=None)
    indexes = raw.client.prepare_index_params()
    indexes.add_index("vector", index_type="FLAT", metric_type="L2")
    raw.client.create_index(collection, indexes)
    failure = failure_of(lambda: connector.read(collection).collect())
    assert failure.names("not loaded", "load")
    raw.client.load_collection(collection)
    assert connector.read(collection).count() == 5, "what was written before is there"


def test_a_wrong_database_or_collection_is_named(connector: Connector, collection: str) -> None:
    failure = failure_of(lambda: connector.read(collection).collect())
    assert failure.kind == "NOT_FOUND"
    assert failure.names(collection)
    failure = failure_of(lambda: connector.read(collection, database="no_such_database").collect())
    assert failure.kind == "NOT_FOUND"
    assert failure.names("no_such_database", "default")


def test_a_database_is_made_with_its_first_collection(connector: Connector, raw: RawMilvus, collection: str) -> None:
    name = f"db_{collection[-8:]}"
    connector.write(connector.sql("n as id", VECTOR, rows=3), collection, database=name)
    try:
        assert collection not in raw.collections()
        assert connector.read(collection, database=name).count() == 3
    finally:
        inside = RawMilvus(connector.url, connector.more.get("token"), name)
        inside.delete(collection)
        inside.close()
        raw.client.drop_database(name)


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"bath_rows": 10}, "OPTIONS", ("bath_rows", "batch_rows")),
        ({"shard_key": "a"}, None, ("shard_key", "milvus")),
        ({"ordering": "strong"}, None, ("ordering", "milvus")),
        ({"condition": "${number} > number"}, "UNSUPPORTED", ("condition", "Milvus")),
        ({"counter_fields": "number"}, "UNSUPPORTED", ("counter_fields", "Milvus")),
        ({"wait": False}, "UNSUPPORTED", ("wait",)),
        ({"vector.on_disk": True}, "OPTIONS", ("on_disk", "Milvus")),
        ({"vector.datatype": "uint8"}, "OPTIONS", ("uint8", "int8")),
        ({"vector.index": "btree"}, "OPTIONS", ("index", "btree")),
        ({"partition": "a", "partition_field": "word"}, "OPTIONS", ("partition", "partition_field")),
        ({"partition_key": "nope"}, "OPTIONS", ("partition_key", "nope")),
        ({"vector_field": "nope"}, "OPTIONS", ("nope",)),
        ({"vector_field": "word"}, None, ("word",)),
        ({"distance": "manhattan"}, "OPTIONS", ("manhattan",)),
        ({"database": "with space"}, None, ("database",)),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_an_option_that_milvus_cannot_follow_is_refused_by_name(
    connector: Connector,
    raw: RawMilvus,
    collection: str,
    options: dict[str, Any],
    kind: str | None,
    words: tuple[str, ...],
) -> None:
    data = connector.sql("n as id", VECTOR, "'a' as word", "n as number", rows=2)
    failure = failure_of(lambda: connector.write(data, collection, **options, **QUICK))
    assert kind is None or failure.kind == kind, failure
    assert failure.names(*words), failure
    assert collection not in raw.collections()


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("1 as `a b`", ("a b", "letters")),
        ("1 as `a.b`", ("a.b", "letters")),
        ("interval 1 day as pause", ("pause", "interval")),
    ],
    ids=["a space", "a dot", "a type that cannot be kept"],
)
def test_a_column_that_cannot_be_a_field_is_named(
    connector: Connector, raw: RawMilvus, collection: str, expression: str, words: tuple[str, ...]
) -> None:
    failure = failure_of(lambda: connector.write(connector.sql("n as id", VECTOR, expression), collection))
    assert failure.kind in {"OPTIONS", "UNSUPPORTED"}
    assert failure.names(*words), failure
    assert collection not in raw.collections()
