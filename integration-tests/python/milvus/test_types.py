"""Each Spark type as a field: what is written is read, bit for bit, by the fields that each server has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame

from stores.milvus_raw import RawMilvus, field
from support.connector import VECTOR, Connector
from support.roundtrip import assert_comes_back
from support.values import VALUES

# Arrays of Milvus hold no nulls. Others are JSON, which before Milvus 2.5 keeps objects alone.
SINGLE = {kind: values for kind, values in VALUES.items() if not kind.startswith("array<")}
NESTED = {kind: values for kind, values in VALUES.items() if kind.startswith(("array<array", "array<struct"))}
ARRAYS = {
    "array<boolean>": ["array(true, false)", "array()"],
    "array<tinyint>": ["array(-128Y, 127Y)", "array(0Y)"],
    "array<smallint>": ["array(-32768S, 32767S)"],
    "array<int>": ["array(-2147483648, 0, 2147483647)", "array()"],
    "array<bigint>": ["array(-9223372036854775808L, 9007199254740993L, 9223372036854775807L)"],
    "array<float>": ["array(0.1F, float('-0.0'), float('1.4E-45'))", "array()"],
    "array<double>": ["array(0.1D, double('-0.0'), 4.9E-324D)", "array(1.7976931348623157E308D)"],
    "array<decimal(38,18)>": ["array(99999999999999999999.999999999999999999, -0.000000000000000001)", "array()"],
    "array<binary>": ["array(x'00ff', x'')"],
    "array<date>": ["array(date'0001-01-01', date'9999-12-31')"],
    "array<timestamp>": ["array(timestamp'1969-12-31 23:59:59.999999 UTC')", "array()"],
    "array<timestamp_ntz>": ["array(timestamp_ntz'2024-03-31 02:30:00.1')"],
    "array<string>": ["array('', 'ü \"quoted\\\\', '😀')", "array()"],
}


def of_every_type(connector: Connector, kinds: Mapping[str, Sequence[str]]) -> DataFrame:
    """A column for each type, whose rows go through its values."""
    columns = []
    for place, (kind, values) in enumerate(kinds.items()):
        cases = ", ".join(f"cast({value} as {kind})" for value in values)
        columns.append(f"element_at(array({cases}), cast(n % {len(values)} + 1 as int)) as c{place}")
    return connector.sql("n as id", VECTOR, *columns, rows=max(map(len, kinds.values())), partitions=2)


def test_every_type_comes_back(connector: Connector, raw: RawMilvus, collection: str) -> None:
    kinds = {**SINGLE, **ARRAYS}
    assert_comes_back(connector, of_every_type(connector, kinds), collection)
    fields = raw.kinds(collection)
    stored_as = {kind: fields[f"c{place}"] for place, kind in enumerate(kinds)}
    assert stored_as["boolean"] == "BOOL"
    assert stored_as["tinyint"] == "INT8"
    assert stored_as["timestamp"] == stored_as["bigint"] == "INT64"
    assert stored_as["decimal(5,2)"] == stored_as["date"] == stored_as["binary"] == "VARCHAR"
    assert stored_as["map<string,int>"] == stored_as["struct<a:int,b:string>"] == "JSON"
    assert stored_as["array<string>"] == "ARRAY"


def test_nulls_of_every_type_come_back_where_fields_can_be_null(lite: Connector, lite_collection: str) -> None:
    kinds = {**SINGLE, **NESTED, **ARRAYS}
    with_nulls = {kind: [*values, "null"] for kind, values in kinds.items()}
    assert_comes_back(lite, of_every_type(lite, with_nulls), lite_collection)


def test_keys_of_text_come_back(connector: Connector, collection: str) -> None:
    texts = VALUES["string"]
    data = connector.sql(f"element_at(array({', '.join(texts)}), cast(n + 1 as int)) as id", VECTOR, rows=len(texts))
    assert_comes_back(connector, data, collection)


def test_dates_and_timestamps_beyond_the_years_of_a_calendar_come_back(lite: Connector, lite_collection: str) -> None:
    data = lite.sql(
        "n as id",
        VECTOR,
        "date_from_unix_date(element_at(array(-2147483648, 2147483647), cast(n + 1 as int))) as day",
        "timestamp_micros(element_at(array(-9223372036854775808L, 9223372036854775807L), cast(n + 1 as int))) as moment",
        rows=2,
    )
    lite.write(data, lite_collection)
    counted = ["id", "unix_date(day) as day", "unix_micros(moment) as moment"]
    assert sorted(lite.read(lite_collection).selectExpr(*counted).collect()) == sorted(
        data.selectExpr(*counted).collect()
    )


def test_vectors_of_bits_come_back(connector: Connector, raw: RawMilvus, collection: str) -> None:
    data = connector.sql("n as id", "unhex(if(n % 2 = 0, '00ff81', '000001')) as bits", rows=20, partitions=2)
    connector.write(data, collection, vector_field="bits", distance=None)
    assert raw.kinds(collection)["bits"] == "BINARY_VECTOR"
    stored = connector.read(collection)
    assert stored.dtypes == [("id", "bigint"), ("bits", "binary")]
    assert sorted(stored.collect()) == sorted(data.collect())


def test_several_vectors_dense_and_sparse_come_back(
    lite: Connector, raw_milvus_lite: RawMilvus, lite_collection: str
) -> None:
    data = lite.sql(
        "n as id",
        "array(cast(n as float), 0.25F) as title",
        "array(1F, 2F, cast(n as float)) as body",
        "named_struct('indices', array(1L, 4000000000L), 'values', array(0.5F, cast(n + 1 as float))) as words",
        rows=40,
        partitions=2,
    )
    vectors = {"vector_fields": "title,body", "sparse_fields": "words"}
    assert_comes_back(lite, data, lite_collection, **vectors)
    kinds = raw_milvus_lite.kinds(lite_collection)
    assert kinds["title"] == kinds["body"] == "FLOAT_VECTOR"
    assert kinds["words"] == "SPARSE_FLOAT_VECTOR"


def test_a_collection_of_others_has_a_column_for_each_field(
    connector: Connector, raw: RawMilvus, collection: str
) -> None:
    fields = [
        field("key", "VARCHAR", max_length=50, is_primary=True),
        field("flag", "BOOL"),
        field("tiny", "INT8"),
        field("number", "INT64"),
        field("ratio", "DOUBLE"),
        field("document", "JSON"),
        field("tags", "ARRAY", element_type="VARCHAR", max_capacity=9, max_length=20),
        field("vector", "FLOAT_VECTOR", dim=2),
    ]
    raw.create(collection, fields, dynamic=True)
    row = {
        "key": "größe\n\"'",
        "flag": True,
        "tiny": -3,
        "number": 2**63 - 1,
        "ratio": 0.1,
        "document": {"a": [1, None, "x"], "b": {"c": 1.5}},
        "tags": ["x", "y"],
        "vector": [0.5, -1.0],
        "more": {"deep": 7},
        "word": "ü",
    }
    raw.insert(collection, [row])
    stored = connector.read(collection)
    assert stored.dtypes == [
        ("key", "string"),
        ("flag", "boolean"),
        ("tiny", "tinyint"),
        ("number", "bigint"),
        ("ratio", "double"),
        ("document", "string"),
        ("tags", "array<string>"),
        ("vector", "array<float>"),
        ("$meta", "string"),
    ]
    read = stored.selectExpr(
        *("key", "flag", "tiny", "number", "ratio", "tags", "vector"),
        "get_json_object(document, '$.a[2]') as a2",
        "get_json_object(`$meta`, '$.more.deep') as deep",
    ).first()
    assert read is not None
    assert read.asDict() == {
        **{name: row[name] for name in ("key", "flag", "tiny", "number", "ratio", "tags", "vector")},
        "a2": "x",
        "deep": "7",
    }
    # By a schema of one's own documents are structs, and keys of the dynamic field are columns.
    schema = (
        "key string, document struct<a:array<string>,b:struct<c:double>>, word string, more struct<deep:bigint>, no int"
    )
    typed = connector.read(collection, schema=schema).first()
    assert typed is not None
    assert typed.document.b.c == 1.5
    assert (typed.word, typed.more.deep, typed.no) == ("ü", 7, None)
