"""Sparse vectors, multi-vectors and MLlib's: the columns of Spark that hold them, written and read."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.ml.linalg import DenseVector, Matrices, MatrixUDT, SparseVector, Vectors, VectorUDT
from pyspark.mllib.linalg import Vectors as OldVectors
from pyspark.mllib.linalg import VectorUDT as OldVectorUDT
from pyspark.sql import DataFrame
from pyspark.sql import types as t

from stores.qdrant_raw import RawQdrant
from support.connector import Connector
from support.failures import failure_of
from support.roundtrip import assert_comes_back

DENSE = "array(cast(n as float), 0.1F) as d"
PAIR = "named_struct('indices', array(n, 4294967295L), 'values', array(0.1F, cast(n as float)))"
MULTI = "array(array(cast(n as float), 1F), array(0.1F, -0F))"
SPARSE_TYPE = "struct<indices:array<bigint>,values:array<float>>"


def two_columns(indices: str, values: str, names: str) -> dict[str, str]:
    return {
        "sparse_vector_index_fields": indices,
        "sparse_vector_value_fields": values,
        "sparse_vector_names": names,
    }


def test_vectors_of_every_kind_stand_beside_each_other(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql(
        "n as id",
        DENSE,
        f"{PAIR} as s",
        f"if(n = 1, null, {MULTI}) as m",
        "array(cast(n as int)) as i",
        "array(0.5D) as v",
        "concat('t', n) as title",
        rows=3,
    )
    options = {"vector_fields": "d", "sparse_fields": "s", "multi_fields": "m", **two_columns("i", "v", "pair")}
    assert_comes_back(connector, data, collection, **options)
    assert raw.vector_sizes(collection) == {"d": 2, "m": 2}
    assert set(raw.info(collection).config.params.sparse_vectors_config.map) == {"s", "pair"}
    assert [set(point.payload) for point in raw.points(collection)] == [{"title"}] * 3


@pytest.mark.parametrize(
    ("option", "expression"),
    [
        ("vector_fields", "array(cast(n as decimal(6,2)), cast(-0.25 as decimal(6,2)))"),
        ("vector_fields", "array(cast(n as int), -16777216)"),
        ("vector_fields", "array(cast(n as byte), cast(-128 as byte))"),
        ("vector_field", "unhex('0000803fcdcccc3d')"),
        ("sparse_fields", PAIR),
        ("sparse_fields", "named_struct('values', array(0.5D), 'indices', array(cast(n as int)))"),
        ("sparse_fields", "map(n, 0.1F, 4294967295L, -1F)"),
        ("sparse_fields", "map(cast(n as int), 0.5D)"),
        ("sparse_fields", """concat('{"indices":[', n, '],"values":[0.1]}')"""),
        ("multi_fields", MULTI),
        ("multi_fields", "array(array(cast(n as double), 0.5D))"),
        ("multi_fields", "array(array(cast(n as decimal(3,1))))"),
    ],
)
def test_each_form_of_a_column_comes_back(connector: Connector, collection: str, option: str, expression: str) -> None:
    assert_comes_back(connector, connector.sql("n as id", f"{expression} as x", rows=3), collection, **{option: "x"})


def ml_frame(connector: Connector, udt: t.UserDefinedType, vectors: list[Any]) -> DataFrame:
    schema = t.StructType([t.StructField("id", t.LongType()), t.StructField("features", udt)])
    return connector.spark.createDataFrame(list(enumerate(vectors)), schema)


@pytest.mark.parametrize(("udt", "make"), [(VectorUDT(), Vectors), (OldVectorUDT(), OldVectors)], ids=["ml", "mllib"])
def test_vectors_of_mllib_are_dense_vectors(
    connector: Connector, raw: RawQdrant, collection: str, udt: t.UserDefinedType, make: Any
) -> None:
    data = ml_frame(connector, udt, [make.dense([0.5, 0.0, -1.0]), make.sparse(3, {1: 0.25}), None])
    # A point needs a vector: the null is written beside another one.
    data = data.selectExpr("*", "array(1F) as other")
    connector.write(data, collection, vector_fields="features,other")
    connector.write(data, collection, mode="append")
    stored = connector.read(collection)
    assert stored.schema["features"].dataType.simpleString() == "array<double>"
    rows = [row.features for row in stored.orderBy("id").collect()]
    assert rows == [[0.5, 0.0, -1.0], [0.0, 0.25, 0.0], None]
    assert raw.vector_sizes(collection) == {"features": 3, "other": 1}


@pytest.mark.parametrize(("udt", "make"), [(VectorUDT(), Vectors), (OldVectorUDT(), OldVectors)], ids=["ml", "mllib"])
def test_vectors_of_mllib_are_sparse_vectors(
    connector: Connector, collection: str, udt: t.UserDefinedType, make: Any
) -> None:
    data = ml_frame(connector, udt, [make.sparse(262_144, {7: 0.5, 99: 2.0}), make.dense([0.0, 3.0])])
    connector.write(data, collection, sparse_fields="features")
    stored = connector.read(collection)
    assert stored.schema["features"].dataType.simpleString() == "struct<indices:array<int>,values:array<double>>"
    rows = [(row.features.indices, row.features.values) for row in stored.orderBy("id").collect()]
    assert rows == [([7, 99], [0.5, 2.0]), ([1], [3.0])]


def test_a_column_of_mllib_called_vector_is_the_unnamed_vector_and_another_must_be_named(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    data = ml_frame(connector, VectorUDT(), [Vectors.dense([1.0, 2.0])])
    failure = failure_of(lambda: connector.write(data, collection))
    assert failure.kind == "OPTIONS"
    assert failure.names("features", "vector_field", "sparse_fields")
    connector.write(data.withColumnRenamed("features", "vector"), collection)
    assert raw.vector_sizes(collection) == {"": 2}


def test_a_schema_of_the_user_s_own_can_ask_for_vectors_of_mllib(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", "array(cast(n as float), 0.5F) as vector", rows=2), collection)
    schema = t.StructType([t.StructField("id", t.LongType()), t.StructField("vector", VectorUDT())])
    rows = connector.read(collection, schema).orderBy("id").collect()
    assert [row.vector for row in rows] == [DenseVector([0.0, 0.5]), DenseVector([1.0, 0.5])]


def test_a_vector_of_mllib_is_no_payload(connector: Connector, collection: str) -> None:
    data = ml_frame(connector, VectorUDT(), [SparseVector(2, {0: 1.0})]).selectExpr("*", "array(1F) as vector")
    failure = failure_of(lambda: connector.write(data, collection))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("features", "VectorUDT", "vector_to_array")
    nested = data.selectExpr("id", "vector", "array(features) as list")
    failure = failure_of(lambda: connector.write(nested, collection))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("list", "VectorUDT")


def test_other_user_defined_types_are_refused_by_name(connector: Connector, collection: str) -> None:
    data = ml_frame(connector, MatrixUDT(), [Matrices.dense(1, 2, [1.0, 2.0])])
    failure = failure_of(lambda: connector.write(data, collection, vector_field="features"))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("features", "MatrixUDT")


def test_a_collection_of_others_is_read_and_appended_to_by_what_its_vectors_are(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    raw.create(collection, {"d": 2}, sparse=["s"], multi={"m": 2})
    assert [(field.name, field.dataType.simpleString()) for field in connector.read(collection).schema.fields] == [
        ("id", "string"),
        ("d", "array<float>"),
        ("m", "array<array<float>>"),
        ("s", SPARSE_TYPE),
    ]
    data = connector.sql("n as id", DENSE, f"{PAIR} as s", f"{MULTI} as m", rows=3)
    connector.write(data, collection, distance=None)
    assert [set(point.vectors) for point in raw.points(collection)] == [{"d", "s", "m"}] * 3
    expected = [(str(row.id), row.d, row.s, row.m) for row in data.collect()]
    stored = connector.read(collection).select("id", "d", "s", "m").orderBy("id").collect()
    assert [(row.id, row.d, row.s, row.m) for row in stored] == expected


def test_one_member_of_a_sparse_vector_can_be_selected(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", f"{PAIR} as s", rows=3), collection, sparse_fields="s")
    stored = connector.read(collection)
    assert [row[0] for row in stored.orderBy("id").selectExpr("s.indices").collect()] == [
        [n, 4294967295] for n in range(3)
    ]
    assert stored.selectExpr("sum(size(s.values))").first()[0] == 6


@pytest.mark.parametrize(
    ("option", "expression", "words"),
    [
        ("vector_field", "if(n = 7, unhex('0000803f00'), unhex('0000803f'))", ["5 bytes"]),
        ("vector_field", "array(if(n = 7, 16777217, 1))", ["16777217"]),
        ("vector_field", "array(if(n = 7, 1e39D, 1D))", ["element 0"]),
        ("vector_field", "array(if(n = 7, cast('NaN' as double), 1D))", ["NaN"]),
        ("vector_field", "array(if(n = 7, null, cast(1 as decimal(3,1))))", ["element 0 is null"]),
        ("sparse_fields", "map(if(n = 7, -1L, n), 1F)", ["index -1", "4294967295"]),
        ("sparse_fields", "map(if(n = 7, 4294967296L, n), 1F)", ["4294967296"]),
        ("sparse_fields", "map(n, if(n = 7, cast('Infinity' as float), 1F))", ["inf"]),
        (
            "sparse_fields",
            "named_struct('indices', array(100L, n), 'values', if(n = 7, array(1F), array(1F, 2F)))",
            ["2 indices and 1 values"],
        ),
        ("sparse_fields", "named_struct('indices', array(7L, n), 'values', array(1F, 2F))", ["index 7 twice"]),
        ("sparse_fields", "if(n = 7, '{', '{\"1\":1}')", ["no sparse vector"]),
        ("multi_fields", "array(array(1F), if(n = 7, array(1F, 2F), array(1F)))", ["row 1 has 2 dimensions"]),
        ("multi_fields", "if(n = 7, array(), array(array(1F)))", ["empty"]),
        ("multi_fields", "array(if(n = 7, null, array(1F)))", ["row 0 is null"]),
        ("multi_fields", "array(array(if(n = 7, cast('NaN' as float), 1F)))", ["NaN"]),
    ],
)
def test_what_is_no_vector_is_named_with_its_row(
    connector: Connector, collection: str, option: str, expression: str, words: list[str]
) -> None:
    data = connector.sql("n as id", f"{expression} as x", rows=10, partitions=2)
    failure = failure_of(lambda: connector.write(data, collection, **{option: "x"}))
    assert failure.kind == "DATA", failure
    assert failure.names("column: x", "id: 7", "row", *words), failure


def test_two_columns_of_a_sparse_vector_must_agree(connector: Connector, collection: str) -> None:
    data = connector.sql("n as id", "array(n) as i", "if(n = 3, null, array(1F)) as v", rows=5)
    failure = failure_of(lambda: connector.write(data, collection, **two_columns("i", "v", "s")))
    assert failure.kind == "DATA"
    assert failure.names("column: v", "id: 3", "values are null")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sparse_fields": "a,b", "sparse_names": "x"}, ["sparse_fields", "sparse_names", "2 and 1"]),
        ({"multi_names": "x"}, ["multi_names", "multi_fields"]),
        (two_columns("a", "b,c", "x"), ["sparse_vector_value_fields", "1 and 2"]),
        ({"sparse_vector_value_fields": "b"}, ["sparse_vector_index_fields", "together"]),
        ({"sparse_fields": "x"}, ["`x`", "type long", "map<long,float>"]),
        ({"sparse_fields": "nope"}, ["sparse_fields", "nope"]),
    ],
)
def test_options_that_do_not_fit_together_or_the_columns_are_refused(
    connector: Connector, collection: str, options: dict[str, str], words: list[str]
) -> None:
    failure = failure_of(lambda: connector.write(connector.sql("n as id", "n as x"), collection, **options))
    assert failure.kind == "OPTIONS"
    assert failure.names(*words), failure


def test_a_collection_of_bytes_takes_integers_alone(connector: Connector, raw: RawQdrant, collection: str) -> None:
    raw.create(collection, 2, datatype="Uint8")
    connector.write(connector.sql("n as id", "array(0, 255) as vector"), collection, distance=None)
    assert [point.vectors[""] for point in raw.points(collection)] == [[0.0, 255.0]]
    data = connector.sql("n as id", "array(1F, 255.7F) as vector")
    failure = failure_of(lambda: connector.write(data, collection, distance=None))
    assert failure.kind == "DATA"
    assert failure.names("255.7", "column: vector", "0 to 255")
