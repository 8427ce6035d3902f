"""The Spark schema that is kept with a collection: same columns on reading, and a guard when appending."""

from __future__ import annotations

import pytest

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import failure_of


def test_columns_come_back_in_their_order_with_their_types(connector: Connector, collection: str) -> None:
    data = connector.sql(
        "cast(1 as tinyint) as z", VECTOR, "n as id", "map('a', array(date'2024-01-01')) as m", "2.5F as a"
    )
    connector.write(data, collection)
    stored = connector.read(collection)
    assert [(field.name, field.dataType.simpleString()) for field in stored.schema.fields] == [
        ("z", "tinyint"),
        ("vector", "array<float>"),
        ("id", "bigint"),
        ("m", "map<string,array<date>>"),
        ("a", "float"),
    ]
    assert all(field.nullable for field in stored.schema.fields)


def test_a_column_that_is_null_in_every_row_keeps_its_type(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", VECTOR, "cast(null as decimal(12,3)) as price", rows=3)
    connector.write(data, collection)
    assert connector.read(collection).schema["price"].dataType.simpleString() == "decimal(12,3)"
    assert connector.read(collection).where("price is null").count() == 3


def test_appending_another_type_is_refused_before_anything_is_written(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    connector.write(connector.sql("n as id", VECTOR, "1 as amount"), collection)
    failure = failure_of(lambda: connector.write(connector.sql("n + 10 as id", VECTOR, "'1' as amount"), collection))
    assert failure.kind in {"OPTIONS", "DATA"}
    assert failure.names("amount", "int", "string")
    assert raw.count(collection) == 1


def test_new_columns_are_added_to_what_is_kept(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, "1 as a"), collection)
    connector.write(connector.sql("n + 1 as id", "date'2024-01-01' as b", VECTOR, "2 as a"), collection)
    stored = connector.read(collection)
    assert stored.columns == ["id", "vector", "a", "b"]
    assert stored.schema["b"].dataType.simpleString() == "date"
    assert sorted((row.id, row.a, str(row.b)) for row in stored.collect()) == [(0, 1, "None"), (1, 2, "2024-01-01")]


def test_a_column_that_is_left_out_stays_kept(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, "1 as a"), collection)
    connector.write(connector.sql("n + 1 as id", VECTOR), collection)
    assert connector.read(collection).columns == ["id", "vector", "a"]
    assert sorted((row.id, row.a) for row in connector.read(collection).select("id", "a").collect()) == [
        (0, 1),
        (1, None),
    ]


def test_the_schema_of_the_user_wins(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, "7 as small", "'x' as other"), collection)
    stored = connector.read(collection, schema="small bigint, id string")
    assert stored.dtypes == [("small", "bigint"), ("id", "string")]
    assert [tuple(row) for row in stored.collect()] == [(7, "0")]


def test_a_value_that_does_not_fit_the_users_schema_names_column_and_row(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", VECTOR, "if(n = 3, 300, 1) as small", "concat('t', n) as word", rows=5)
    connector.write(data, collection)
    for schema, column in (("id bigint, small tinyint", "small"), ("id bigint, word int", "word")):
        failure = failure_of(lambda schema=schema: connector.read(collection, schema=schema).collect())
        assert failure.kind == "DATA"
        assert failure.names(column)
        assert any(name in failure.text for name in ("row", "point", "id")), failure.text
    failure = failure_of(lambda: connector.read(collection, schema="id bigint, small tinyint").collect())
    assert "3" in failure.text, "the row's id"


def test_spark_does_not_believe_that_a_column_is_never_null(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, 1)
    raw.upsert(collection, [(1, {"price": 2.5}, [1.0]), (2, {}, [1.0])])
    stored = connector.read(collection, schema="id bigint not null, price double not null")
    assert stored.where("price is null").count() == 1
    assert stored.selectExpr("count(price)", "sum(coalesce(price, 0))").first() == (1, 2.5)


def test_an_id_that_differs_by_case_alone_is_asked_for(connector: Connector, collection: str) -> None:
    failure = failure_of(lambda: connector.write(connector.sql("n as ID", VECTOR), collection))
    assert failure.kind == "OPTIONS"
    assert failure.names("ID", "id_field")


def test_a_text_that_is_no_utf_8_is_named(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", VECTOR, "if(n = 3, cast(unhex('ff41') as string), 'a') as word", rows=5)
    failure = failure_of(lambda: connector.write(data, collection))
    assert failure.kind == "DATA"
    assert failure.names("word", "3", "UTF-8")


def test_a_column_that_is_nowhere_reads_as_null(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR), collection)
    assert connector.read(collection, schema="id bigint, absent double").first() == (0, None)


@pytest.mark.parametrize(
    # (Spark itself refuses calendar intervals in tables.)
    "expression",
    ["interval 1 day as pause", "interval 2 month as pause"],
)
def test_a_type_that_cannot_be_kept_is_refused_by_name(
    connector: Connector, raw: RawQdrant, collection: str, expression: str
) -> None:
    failure = failure_of(lambda: connector.write(connector.sql("n as id", VECTOR, expression), collection))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("pause", "interval")
    assert collection not in raw.collections()


def test_a_type_that_cannot_be_kept_is_found_at_any_depth(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", VECTOR, "array(named_struct('inner', map('k', interval 1 day))) as outer")
    failure = failure_of(lambda: connector.write(data, collection))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("outer", "interval")


def test_a_map_whose_keys_are_no_single_values_is_refused(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", VECTOR, "map(named_struct('a', 1), 1) as lookup")
    failure = failure_of(lambda: connector.write(data, collection))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("lookup")
