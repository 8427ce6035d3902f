"""Each Spark type as payload: what is written is read, bit for bit. (test_random_data.py mixes and nests them.)"""

from __future__ import annotations

import pytest

from support.connector import VECTOR, Connector
from support.roundtrip import assert_comes_back
from support.values import VALUES


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_of_the_type_comes_back_as_it_was(connector: Connector, collection: str, kind: str) -> None:
    values = [*VALUES[kind], "null"]
    cases = ", ".join(f"cast({value} as {kind})" for value in values)
    data = connector.sql(
        "n as id", VECTOR, f"element_at(array({cases}), cast(n + 1 as int)) as value", rows=len(values)
    )
    assert_comes_back(connector, data, collection)


def test_a_map_with_binary_keys_comes_back(connector: Connector, collection: str) -> None:
    """Python has no such map, so Spark shows it as one with texts."""
    data = connector.sql("n as id", VECTOR, "map(x'00ff', 1, x'', null) as value")
    connector.write(data, collection)
    shown = "transform_keys(value, (k, v) -> hex(k)) as value"
    stored = connector.read(collection)
    assert stored.schema["value"].dataType.simpleString() == "map<binary,int>"
    assert stored.selectExpr(shown).collect() == data.selectExpr(shown).collect()


def test_dates_and_timestamps_beyond_the_years_of_a_calendar_come_back(connector: Connector, collection: str) -> None:
    """Spark counts days in 32 bits and microseconds in 64: all of them are values, though Python cannot show them."""
    data = connector.sql(
        "n as id",
        VECTOR,
        "date_from_unix_date(element_at(array(-2147483648, 2147483647, -719529, 2932897), cast(n + 1 as int))) as day",
        "timestamp_micros(element_at(array(-9223372036854775808L, 9223372036854775807L, -62167219200000001L, 253402300800000000L),"
        " cast(n + 1 as int))) as moment",
        rows=4,
    )
    connector.write(data, collection)
    counted = ["id", "unix_date(day) as day", "unix_micros(moment) as moment"]
    assert sorted(connector.read(collection).selectExpr(*counted).collect()) == sorted(
        data.selectExpr(*counted).collect()
    )


def test_timestamps_do_not_depend_on_the_sessions_time_zone(connector: Connector, collection: str) -> None:
    spark = connector.spark
    data = connector.sql(
        "n as id", VECTOR, "timestamp'2024-07-01 12:00:00 UTC' as moment", "timestamp_ntz'2024-07-01 12:00:00' as wall"
    )
    connector.write(data, collection)
    zone = spark.conf.get("spark.sql.session.timeZone")
    try:
        spark.conf.set("spark.sql.session.timeZone", "America/St_Johns")
        row = (
            connector.read(collection)
            .selectExpr("unix_micros(moment) as moment", "cast(wall as string) as wall")
            .first()
        )
    finally:
        spark.conf.set("spark.sql.session.timeZone", zone)
    assert row is not None
    assert row.moment == 1_719_835_200_000_000
    assert row.wall == "2024-07-01 12:00:00"


NAMES = [
    "a.b",
    "a",
    "a b",
    "a[0]",
    "a[]",
    'quo"te',
    "back\\slash",
    "tick`",
    "Ünïcode 日本",
    "$dollar",
    "_underscore",
    "vectors",
    "payload",
    "0",
]


def test_columns_of_any_name_come_back(connector: Connector, collection: str) -> None:
    quoted = ["`" + name.replace("`", "``") + "`" for name in NAMES]
    data = connector.sql(
        "n as id",
        VECTOR,
        *(f"{n} + {i} as {name}" for i, (n, name) in enumerate(zip(["n"] * len(NAMES), quoted, strict=True))),
    )
    stored = assert_comes_back(connector, data, collection)
    for position, name in enumerate(quoted):
        row = stored.selectExpr(name).first()
        assert row is not None
        assert row[0] == position, f"selecting {name} alone"


def test_a_deeply_nested_value_comes_back(connector: Connector, collection: str) -> None:
    value, kind = "1L", "bigint"
    for level in range(12):
        value, kind = f"array(named_struct('m', map('k{level}', {value}), 'n', null))", kind
    data = connector.sql("n as id", VECTOR, f"{value} as deep".replace("'n', null", "'n', cast(null as string)"))
    assert_comes_back(connector, data, collection)
