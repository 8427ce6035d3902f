"""Vector search as a DataFrame: the rows are those of a comparison with every vector, made here."""

from __future__ import annotations

import json
import math
from random import Random
from typing import Any

import pytest
from pyspark.sql import DataFrame

from stores.qdrant_raw import RawQdrant
from support.connector import Connector
from support.failures import failure_of

ROWS, SIZE = 120, 5
EXACT = json.dumps({"exact": True})
VECTORS = [[Random(f"{n}/{i}").uniform(-1, 1) for i in range(SIZE)] for n in range(ROWS)]
QUERY = [Random(f"query/{i}").uniform(-1, 1) for i in range(SIZE)]


def dot(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def score(distance: str, a: list[float], b: list[float]) -> float:
    if distance == "Cosine":
        return dot(a, b) / math.sqrt(dot(a, a) * dot(b, b))
    return dot(a, b) if distance == "Dot" else math.dist(a, b)


def best(distance: str, query: list[float] = QUERY) -> list[tuple[int, float]]:
    scored = [(n, score(distance, query, vector)) for n, vector in enumerate(VECTORS)]
    return sorted(scored, key=lambda pair: pair[1], reverse=distance != "Euclid")


def points(raw: RawQdrant, collection: str, distance: str = "Dot") -> str:
    raw.create(collection, SIZE, distance)
    raw.upsert(collection, [(n, {"n": n, "even": n % 2 == 0}, vector) for n, vector in enumerate(VECTORS)])
    return collection


def found(stored: DataFrame) -> list[tuple[int, float]]:
    return [(int(row.id), row["_score"]) for row in stored.select("id", "_score").collect()]


def search(connector: Connector, collection: str, **options: Any) -> DataFrame:
    given = {"query_vector": json.dumps(QUERY), "search_params": EXACT, "splits": None, **options}
    return connector.read(collection, **given)


def same(rows: list[tuple[int, float]], expected: list[tuple[int, float]]) -> None:
    assert [n for n, _ in rows] == [n for n, _ in expected]
    assert [score for _, score in rows] == pytest.approx([score for _, score in expected], abs=1e-4)


@pytest.mark.parametrize("distance", ["Cosine", "Dot", "Euclid"])
def test_the_nearest_points_come_best_first(
    connector: Connector, raw: RawQdrant, collection: str, distance: str
) -> None:
    points(raw, collection, distance)
    stored = search(connector, collection)
    assert stored.columns == ["id", "vector", "even", "n", "_score"]
    assert stored.schema["_score"].dataType.simpleString() == "float"
    assert stored.rdd.getNumPartitions() == 1
    same(found(stored), best(distance)[:10])
    same(found(search(connector, collection, top_k=ROWS + 5, page_size=7)), best(distance))


def test_a_search_is_narrowed_by_the_filter_before_and_by_spark_after(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    points(raw, collection)
    narrowed = json.dumps({"must": [{"key": "even", "match": {"value": True}}]})
    even = [pair for pair in best("Dot") if pair[0] % 2 == 0]
    same(found(search(connector, collection, filter=narrowed)), even[:10])
    same(found(search(connector, collection, filter=narrowed, offset=3, limit=4)), even[3:7])
    ten = best("Dot")[:10]
    same(found(search(connector, collection).where("even")), [pair for pair in ten if pair[0] % 2 == 0])
    assert search(connector, collection).where("even").count() == len([n for n, _ in ten if n % 2 == 0])
    assert search(connector, collection, top_k=30).count() == 30


def test_a_threshold_and_a_point_s_own_vector(connector: Connector, raw: RawQdrant, collection: str) -> None:
    points(raw, collection)
    good = [pair for pair in best("Dot") if pair[1] > 0.5]
    same(found(search(connector, collection, top_k=ROWS, score_threshold=0.5)), good)
    like = search(connector, collection, query_vector=None, query_id=17)
    same(found(like), [pair for pair in best("Dot", VECTORS[17]) if pair[0] != 17][:10])


def test_a_search_over_a_collection_that_vectorfuse_wrote(connector: Connector, collection: str) -> None:
    rows = [(f"doc-{n}", vector, {3: 0.5, n: 1.0}) for n, vector in enumerate(VECTORS)]
    data = connector.spark.createDataFrame(rows, "key string, dense array<float>, words map<long,float>")
    connector.write(data, collection, id_field="key", vector_fields="dense", sparse_fields="words")
    dense = search(connector, collection, vector_name="dense", with_vectors=False)
    assert dense.columns == ["key", "_score"]
    assert [row.key for row in dense.collect()] == [f"doc-{n}" for n, _ in best("Dot")[:10]]
    words = search(connector, collection, vector_name="words", query_vector='{"50": 2.0}', search_params=None)
    assert [(row.key, row["_score"]) for row in words.collect()] == [("doc-50", 2.0)]
    like = search(connector, collection, vector_name="dense", query_vector=None, query_id="doc-17", payload="json")
    assert like.columns == ["key", "dense", "words", "payload", "_score"]
    assert like.first().key != "doc-17"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"query_vector": "[1, 2]"}, ["query_vector", "2 dimensions", "5"]),
        ({"query_vector": '{"1": 2.0}'}, ["query_vector", "dense"]),
        ({"query_vector": "near"}, ["query_vector", "JSON"]),
        ({"query_id": 7}, ["query_vector", "query_id"]),
        ({"query_vector": None}, ["search_params", "query_vector"]),
        ({"top_k": 0}, ["top_k", "at least 1"]),
        ({"vector_name": "text"}, ["vector_name", "text"]),
        ({"search_params": '{"hnsw": 5}'}, ["search_params", "hnsw", "hnsw_ef"]),
        ({"score_threshold": "good"}, ["score_threshold", "good"]),
        ({"splits": 4}, ["query_vector", "splits"]),
        ({"max_pages": 4}, ["max_pages", "top_k"]),
        ({"offset": "x"}, ["offset", "x"]),
    ],
)
def test_a_search_that_is_wrong_fails_before_the_tasks(
    connector: Connector, raw: RawQdrant, collection: str, options: dict[str, Any], words: list[str]
) -> None:
    points(raw, collection)
    failure = failure_of(lambda: search(connector, collection, **options))
    assert failure.kind == "OPTIONS"
    assert failure.names(*words)


def test_a_point_to_search_for_that_is_not_there(connector: Connector, raw: RawQdrant, collection: str) -> None:
    points(raw, collection)
    failure = failure_of(lambda: search(connector, collection, query_vector=None, query_id="doc-1"))
    assert failure.kind == "NOT_FOUND"
    assert failure.names("query_id", "doc-1", collection)


def test_a_search_by_text_says_that_it_does_not_work_yet(connector: Connector, raw: RawQdrant, collection: str) -> None:
    points(raw, collection)
    failure = failure_of(lambda: search(connector, collection, query_text="x"))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("query_text")
