"""Variant, which came with Spark 4."""

from __future__ import annotations

from support.connector import VECTOR, Connector

JSON = [
    "null",
    "true",
    "1",
    "-9223372036854775808",
    "1.5",
    '"text"',
    '""',
    "[]",
    "{}",
    '[1, "a", null, {"b": [true]}]',
    '{"a": {"b": {"c": [1, 2.25, null]}}, "": 0, "a.b": 1}',
]


def variants(connector: Connector) -> object:
    cases = " ".join(f"when {number} then parse_json('{text}')" for number, text in enumerate(JSON))
    return connector.sql(
        "n as id", VECTOR, f"case n {cases} end as value", "array(parse_json('7')) as many", rows=len(JSON) + 1
    )


SHOWN = [
    "id",
    "value is null as missing",
    "to_json(value) as json",
    "schema_of_variant(value) as kind",
    "to_json(many) as many",
]


def test_a_variant_comes_back_with_its_value_and_kind(connector: Connector, collection: str) -> None:
    data = variants(connector)
    connector.write(data, collection)  # type: ignore[arg-type]
    stored = connector.read(collection)
    assert stored.schema["value"].dataType.simpleString() == "variant"
    assert sorted(stored.selectExpr(*SHOWN).collect()) == sorted(data.selectExpr(*SHOWN).collect())  # type: ignore[attr-defined]


def test_what_json_cannot_say_becomes_its_text_or_a_number(connector: Connector, collection: str) -> None:
    """A variant can hold a date, a decimal, bytes: in a payload all of these are text or numbers."""
    values = {
        "date'2024-02-29'": '["2024-02-29"]',
        "timestamp'2024-02-29 01:02:03.000004 UTC'": '["2024-02-29T01:02:03.000004Z"]',
        "cast(1.10 as decimal(9,2))": "[1.1]",
        "x'00ff'": '["AP8="]',
        "1.5F": "[1.5]",
        "1.5D": "[1.5]",
        "7Y": "[7]",
    }
    cases = " ".join(f"when {number} then to_variant_object(array({value}))" for number, value in enumerate(values))
    data = connector.sql("n as id", VECTOR, f"case n {cases} end as value", rows=len(values))
    connector.write(data, collection)
    rows = connector.read(collection).selectExpr("id", "to_json(value) as json").orderBy("id").collect()
    assert [row.json for row in rows] == list(values.values())
