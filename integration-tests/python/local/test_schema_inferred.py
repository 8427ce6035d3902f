"""Collections that VectorFuse did not make: the schema comes from the payload indexes and a sample of the points."""

from __future__ import annotations

import datetime
import json
import uuid

from stores.qdrant_raw import RawQdrant
from support.connector import Connector
from support.failures import failure_of

SIZE = 2
UUID_ID = str(uuid.UUID(int=5))


def test_each_kind_of_value_becomes_its_type(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, SIZE)
    payload = {
        "flag": True,
        "whole": 2**53 + 1,
        "real": 0.1,
        "text": "x\0y",
        "list": [1, None, 2],
        "object": {"a": 1, "b": {"c": ["d"]}},
        "nothing": None,
    }
    raw.upsert(collection, [(7, payload, [0.5, -1.0]), (UUID_ID, {}, [1.0, 2.0])])
    stored = connector.read(collection)
    types = dict(stored.dtypes)
    assert stored.columns[0] == "id"
    assert types["id"] == "string"
    assert types["vector"] == "array<float>"
    assert (types["flag"], types["whole"], types["real"], types["text"]) == ("boolean", "bigint", "double", "string")
    assert types["list"] == "array<bigint>"
    assert types["object"] == "struct<a:bigint,b:struct<c:array<string>>>"
    rows = {row.id: row for row in stored.collect()}
    assert set(rows) == {"7", UUID_ID}
    row = rows["7"]
    assert (row.flag, row.whole, row.real, row.text, row.list) == (True, 2**53 + 1, 0.1, "x\0y", [1, None, 2])
    assert row.object.asDict(recursive=True) == {"a": 1, "b": {"c": ["d"]}}
    assert row.vector == [0.5, -1.0]
    assert (rows[UUID_ID].flag, rows[UUID_ID].object) == (None, None)


def test_fields_whose_names_are_taken_are_read_under_another(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, SIZE)
    payload = {"id": "theirs", "vector": [1, 2], "payload_id": 5}
    raw.upsert(collection, [(7, payload, [0.5, -1.0])])
    stored = connector.read(collection)
    assert stored.columns == ["id", "vector", "payload_id", "payload_payload_id", "payload_vector"]
    assert stored.first() == ("7", [0.5, -1.0], "theirs", 5, [1, 2])
    assert stored.select("payload_id").first() == ("theirs",)


def test_a_field_called_like_the_id_but_for_the_case_is_read_as_a_field(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, SIZE)
    raw.upsert(collection, [(UUID_ID, {"ID": 4711}, [0.5, -1.0]), (7, {"ID": 7}, [0.5, -1.0])])
    sensitive = "spark.sql.caseSensitive"
    before = connector.spark.conf.get(sensitive)
    connector.spark.conf.set(sensitive, "true")
    try:
        stored = connector.read(collection)
        assert stored.columns == ["id", "vector", "ID"]
        assert sorted(map(tuple, stored.select("id", "ID").collect())) == [(UUID_ID, 4711), ("7", 7)]
        assert [row.id for row in stored.where("ID = 4711").collect()] == [UUID_ID]
    finally:
        connector.spark.conf.set(sensitive, before)


def test_whole_and_real_numbers_together_are_doubles(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, SIZE)
    raw.upsert(collection, [(1, {"n": 1}, [0.0, 0.0]), (2, {"n": 2.5}, [0.0, 0.0])])
    stored = connector.read(collection)
    assert dict(stored.dtypes)["n"] == "double"
    assert sorted(row.n for row in stored.collect()) == [1.0, 2.5]


def test_values_of_different_kinds_are_text_in_json(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, SIZE)
    values = [1, "one", {"a": [1.5]}, [True, None], None]
    raw.upsert(collection, [(n, {"mixed": value}, [0.0, 0.0]) for n, value in enumerate(values)])
    stored = connector.read(collection)
    assert dict(stored.dtypes)["mixed"] == "string"
    read = {int(row.id): row.mixed for row in stored.collect()}
    assert read[4] is None
    assert [json.loads(read[n]) for n in (0, 2, 3)] == [1, {"a": [1.5]}, [True, None]]
    assert read[1] in {"one", '"one"'}


def test_a_field_with_a_datetime_index_is_a_timestamp(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, SIZE, indexes={"seen": "datetime"})
    raw.upsert(
        collection,
        [
            (1, {"seen": "2024-05-06T07:08:09.123456Z"}, [0.0, 0.0]),
            (2, {"seen": "2024-05-06T09:08:09+02:00"}, [0.0, 0.0]),
        ],
    )
    stored = connector.read(collection)
    assert dict(stored.dtypes)["seen"] == "timestamp"
    moment = datetime.datetime(2024, 5, 6, 7, 8, 9)
    assert sorted(row.seen for row in stored.collect()) == [moment, moment.replace(microsecond=123456)]


def test_an_indexed_field_is_a_column_though_the_sample_has_no_value(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, SIZE, indexes={"age": "integer", "city": "keyword"})
    raw.upsert(collection, [(1, {}, [0.0, 0.0])])
    types = dict(connector.read(collection).dtypes)
    assert (types["age"], types["city"]) == ("bigint", "string")


def test_named_vectors_are_columns_of_their_names(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, {"image": 2, "text": 3})
    raw.upsert(collection, [(1, {}, {"image": [1.0, 2.0], "text": [3.0, 4.0, 5.0]}), (2, {}, {"image": [6.0, 7.0]})])
    stored = connector.read(collection)
    assert (dict(stored.dtypes)["image"], dict(stored.dtypes)["text"]) == ("array<float>", "array<float>")
    assert {row.id: (row.image, row.text) for row in stored.collect()} == {
        "1": ([1.0, 2.0], [3.0, 4.0, 5.0]),
        "2": ([6.0, 7.0], None),
    }


def test_the_sample_is_as_large_as_told(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, SIZE)
    raw.upsert(collection, [(n, {"early": n} | ({"late": n} if n >= 50 else {}), [0.0, 0.0]) for n in range(100)])
    assert "late" in connector.read(collection, schema_sample=100).columns


def test_the_users_schema_needs_no_sample(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, SIZE)
    raw.upsert(collection, [(1, {"a": 1, "b": "x"}, [0.0, 0.0]), (2, {"a": 2}, [0.0, 0.0])])
    stored = connector.read(collection, schema="id bigint, a int")
    assert sorted(map(tuple, stored.collect())) == [(1, 1), (2, 2)]


def test_an_id_that_does_not_fit_the_users_type_is_refused(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, SIZE)
    raw.upsert(collection, [(UUID_ID, {}, [0.0, 0.0])])
    failure = failure_of(lambda: connector.read(collection, schema="id bigint").collect())
    assert failure.kind == "DATA"
    assert failure.names("id", UUID_ID)


def test_a_value_beyond_the_sample_that_does_not_fit_is_refused_not_changed(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, SIZE)
    points = [(n, {"n": n}, [0.0, 0.0]) for n in range(50)] + [
        (n, {"n": "no number"}, [0.0, 0.0]) for n in range(50, 52)
    ]
    raw.upsert(collection, points)
    stored = connector.read(collection, schema="id bigint, n bigint")
    failure = failure_of(stored.collect)
    assert failure.kind == "DATA"
    assert failure.names("n")


def test_an_empty_collection_has_its_id_and_vector(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, SIZE)
    stored = connector.read(collection)
    assert stored.dtypes == [("id", "string"), ("vector", "array<float>")]
    assert stored.collect() == []
