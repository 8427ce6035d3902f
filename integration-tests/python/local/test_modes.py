"""append and overwrite, and what a refused write leaves behind."""

from __future__ import annotations

import pytest

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import failure_of


def test_append_keeps_what_is_there_and_replaces_what_comes_again(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    connector.write(connector.sql("n as id", VECTOR, "'first' as run", "'gone' as extra", rows=4), collection)
    connector.write(connector.sql("n + 2 as id", VECTOR, "'second' as run", rows=4), collection)
    rows = {row.id: (row.run, row.extra) for row in connector.read(collection).collect()}
    assert rows == {
        0: ("first", "gone"),
        1: ("first", "gone"),
        2: ("second", None),
        3: ("second", None),
        4: ("second", None),
        5: ("second", None),
    }
    assert raw.count(collection) == 6


def test_overwrite_replaces_every_row(connector: Connector, raw: RawQdrant, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=50), collection)
    connector.write(connector.sql("n + 40 as id", VECTOR, rows=20), collection, mode="overwrite")
    assert sorted(row.id for row in connector.read(collection).collect()) == list(range(40, 60))
    assert raw.count(collection) == 20


def test_overwrite_brings_its_own_columns(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, "1 as number", "'x' as gone"), collection)
    connector.write(connector.sql("n as id", VECTOR, "'now text' as number"), collection, mode="overwrite")
    stored = connector.read(collection)
    assert stored.columns == ["id", "vector", "number"]
    assert [row.number for row in stored.collect()] == ["now text"]


def test_overwrite_of_a_missing_collection_makes_it(connector: Connector, raw: RawQdrant, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=2), collection, mode="overwrite")
    assert raw.count(collection) == 2


def test_overwrite_by_an_empty_dataframe_empties_the_collection(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=2), collection)
    connector.write(connector.sql("n as id", VECTOR, rows=0), collection, mode="overwrite")
    assert raw.count(collection) == 0
    assert connector.read(collection).count() == 0


@pytest.mark.parametrize(
    ("expressions", "options"),
    [
        (["n as id", "'text' as vector"], {}),
        (["n as id", VECTOR], {"bath_rows": "10"}),
        (["n as id", VECTOR, "interval 1 day as pause"], {}),
        (["array(n) as id", VECTOR], {}),
    ],
    ids=["a vector that is none", "an unknown option", "a type that cannot be kept", "an id that is none"],
)
def test_an_overwrite_that_is_refused_leaves_what_was_there(
    connector: Connector, raw: RawQdrant, collection: str, expressions: list[str], options: dict[str, str]
) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=5), collection)
    failure_of(lambda: connector.write(connector.sql(*expressions), collection, mode="overwrite", **options))
    assert raw.count(collection) == 5


def test_the_default_mode_writes_into_a_new_collection_alone(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    def save(rows: int) -> None:
        data = connector.sql("n as id", VECTOR, rows=rows)
        data.write.format("vectorfuse").options(**connector.options(collection)).save()

    save(3)
    failure = failure_of(lambda: save(5))
    assert failure.kind == "ALREADY_EXISTS"
    assert failure.names(collection)
    assert raw.count(collection) == 3


def test_ignore_leaves_a_collection_that_is_there_alone(connector: Connector, raw: RawQdrant, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=3), collection, mode="ignore")
    connector.write(connector.sql("n as id", VECTOR, rows=5), collection, mode="ignore")
    assert raw.count(collection) == 3


def test_a_save_that_fails_leaves_no_new_collection_behind(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    bad = connector.sql("if(n = 49, null, n) as id", VECTOR, rows=50)
    failure_of(lambda: connector.write(bad, collection, mode="errorifexists", batch_rows=1))
    assert collection not in raw.collections()


def test_create_collection_false_does_not_create(connector: Connector, raw: RawQdrant, collection: str) -> None:
    failure = failure_of(lambda: connector.write(connector.sql("n as id", VECTOR), collection, create_collection=False))
    assert failure.kind == "NOT_FOUND"
    assert failure.names(collection)
    assert collection not in raw.collections()


def test_a_collection_made_by_others_is_written_into(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, 3)
    raw.upsert(collection, [(1, {"city": "Kyōto"}, [1.0, 2.0, 3.0])])
    connector.write(connector.sql("n + 2 as id", VECTOR, "'Oulu' as city", rows=2), collection)
    assert sorted((point.id, point.payload["city"]) for point in raw.points(collection)) == [
        (1, "Kyōto"),
        (2, "Oulu"),
        (3, "Oulu"),
    ]


def test_many_rows_in_small_batches_arrive_once_each(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql("n as id", VECTOR, "repeat('x', 1000) as filler", rows=5_000, partitions=4)
    connector.write(data, collection, batch_rows=17, concurrency=3)
    assert raw.count(collection) == 5_000
    assert connector.read(collection, splits=3).selectExpr("sum(id)", "count(distinct id)").first() == (
        12_497_500,
        5_000,
    )
