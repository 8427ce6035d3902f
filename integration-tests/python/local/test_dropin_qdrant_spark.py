"""Jobs that were written for the Qdrant-Spark connector, with its own option names: only the format's name is new."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from pyspark.sql import DataFrame

from stores.qdrant_raw import RawQdrant
from support.connector import Connector, text
from support.failures import failure_of
from support.slow import wait_until

EMBEDDING = "array(cast(n as float), 0.5F) as embedding"


def save(connector: Connector, data: DataFrame, collection: str, **options: Any) -> None:
    given = {"qdrant_url": connector.url, "collection_name": collection, "schema": data.schema.json(), **options}
    if connector.api_key is not None:
        given["api_key"] = connector.api_key
    writer = data.write.format("vectorfuse").options(**{name: text(value) for name, value in given.items()})
    writer.mode("append").save()


def test_the_job_of_its_readme_writes_every_row(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, 2)
    data = connector.sql(
        "n as key", EMBEDDING, "concat('film ', n) as title", "named_struct('year', n + 1980) as about", rows=10
    )
    readme = {"embedding_field": "embedding", "id_field": "key", "batch_size": 3, "retries": 2, "mode": "append"}
    for _ in range(2):
        save(connector, data, collection, **readme)
    stored = {point.id: (point.payload, point.vectors) for point in raw.points(collection)}
    assert stored == {n: ({"title": f"film {n}", "about": {"year": n + 1980}}, {"": [n, 0.5]}) for n in range(10)}


def test_ids_are_uuids_where_the_rows_bring_them_and_where_they_bring_none(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, 2)
    own = [str(uuid.UUID(int=n + 1)) for n in range(3)]
    rows = connector.spark.createDataFrame([(key, [0.5, 1.0]) for key in own], "key string, embedding array<float>")
    save(connector, rows, collection, embedding_field="embedding", id_field="key")
    assert sorted(point.id for point in raw.points(collection)) == own
    save(connector, rows.select("embedding"), collection, embedding_field="embedding")
    ids = [str(point.id) for point in raw.points(collection)]
    assert len({str(uuid.UUID(id_)) for id_ in ids}) == 6


def test_vector_name_names_the_embedding(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, {"text": 2})
    data = connector.sql("n as key", EMBEDDING, rows=2)
    save(connector, data, collection, id_field="key", embedding_field="embedding", vector_name="text")
    assert [point.vectors for point in raw.points(collection)] == [{"text": [0.0, 0.5]}, {"text": [1.0, 0.5]}]
    failure = failure_of(lambda: save(connector, data, collection, id_field="key", vector_name="text"))
    assert failure.kind == "OPTIONS"
    assert failure.names("vector_name", "vector_field")


def test_several_named_vectors(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, {"text": 2, "image": 3})
    data = connector.sql("n as key", EMBEDDING, "array(1F, 2F, cast(n as float)) as pixels", "'x' as title", rows=2)
    names = {"vector_fields": "embedding,pixels", "vector_names": "text,image"}
    save(connector, data, collection, id_field="key", **names)
    assert {point.id: point.vectors for point in raw.points(collection)} == {
        n: {"text": [n, 0.5], "image": [1.0, 2.0, n]} for n in range(2)
    }
    assert [point.payload for point in raw.points(collection)] == [{"title": "x"}] * 2


def test_dense_sparse_and_multi_vectors_together_lose_no_field(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    """There a field that is called like a vector is left out of the payload."""
    raw.create(collection, {"text": 2}, sparse=["words"], multi={"tokens": 2})
    data = connector.sql(
        "n as key",
        EMBEDDING,
        "array(7, 9) as places",
        "array(0.5F, cast(n as float)) as weights",
        "array(array(1F, 2F), array(3F, cast(n as float))) as matrix",
        "'a title' as words",
        rows=2,
    )
    options = {
        "vector_fields": "embedding",
        "vector_names": "text",
        "sparse_vector_value_fields": "weights",
        "sparse_vector_index_fields": "places",
        "sparse_vector_names": "words",
        "multi_vector_fields": "matrix",
        "multi_vector_names": "tokens",
    }
    save(connector, data, collection, id_field="key", **options)
    for point in raw.points(collection):
        n = float(point.id)
        expected = {"text": [n, 0.5], "words": {7: 0.5, 9: n}, "tokens": [[1.0, 2.0], [3.0, n]]}
        assert (point.payload, point.vectors) == ({"words": "a title"}, expected)
    assert raw.count(collection) == 2


def test_points_without_vectors(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, {"text": 2})
    data = connector.sql("n as key", "concat('film ', n) as title", rows=3)
    failure = failure_of(lambda: save(connector, data, collection, id_field="key"))
    assert failure.kind == "OPTIONS"
    assert failure.names("vector_fields"), "that these points have no vectors must be said"
    save(connector, data, collection, id_field="key", vector_fields="")
    assert {point.id: (point.payload, point.vectors) for point in raw.points(collection)} == {
        n: ({"title": f"film {n}"}, {}) for n in range(3)
    }


@pytest.mark.parametrize("wait", [True, False])
def test_wait_says_what_a_finished_job_means(connector: Connector, raw: RawQdrant, collection: str, wait: bool) -> None:
    raw.create(collection, 2)
    data = connector.sql("n as key", EMBEDDING, rows=200, partitions=2)
    save(connector, data, collection, id_field="key", embedding_field="embedding", batch_size=20, wait=wait)
    if wait:
        assert raw.count(collection) == 200
    else:
        wait_until(lambda: raw.count(collection) == 200, "every row was applied", 20)


def test_a_schema_that_is_not_the_dataframe_s_and_a_missing_collection_s_name_are_refused(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, 2)
    data = connector.sql("n as key", EMBEDDING)
    other = connector.sql("n as other").schema.json()
    for options, word in [({"schema": other}, "schema"), ({"collection_name": ""}, "collection")]:
        failure = failure_of(lambda options=options: save(connector, data, collection, id_field="key", **options))
        assert failure.kind == "OPTIONS"
        assert failure.names(word)
    assert raw.count(collection) == 0
