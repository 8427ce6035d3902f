"""Each Spark type as payload: what is written is read, bit for bit. (test_random_data.py mixes and nests them.)"""

from __future__ import annotations

import pytest

from support.connector import VECTOR, Connector
from support.roundtrip import assert_comes_back

# The edges of each type, as SQL.
VALUES = {
    "boolean": ["true", "false"],
    "tinyint": ["-128Y", "0Y", "127Y"],
    "smallint": ["-32768S", "0S", "32767S"],
    "int": ["-2147483648", "0", "2147483647"],
    "bigint": ["-9223372036854775808L", "-1L", "0L", "9007199254740993L", "9223372036854775807L"],
    "float": [
        "0.0F",
        "cast('-0.0' as float)",
        "cast('1.4E-45' as float)",
        "cast('3.4028235E38' as float)",
        "0.1F",
        "-16777217F",
    ],
    "double": [
        "0.0D",
        "cast('-0.0' as double)",
        "cast('4.9E-324' as double)",
        "1.7976931348623157E308D",
        "0.1D",
        "1e15D",
        "9007199254740993D",
    ],
    "decimal(38,18)": ["99999999999999999999.999999999999999999", "-0.000000000000000001", "0", "1.10"],
    "decimal(38,0)": ["99999999999999999999999999999999999999", "-1", "0"],
    "decimal(5,2)": ["999.99", "-999.99", "0.10"],
    "decimal(3,3)": ["0.999", "-0.001"],
    "string": [
        "''",
        "'plain'",
        "concat('a', char(0), 'b', char(0))",
        "decode(unhex('F09F98802CE281A0'), 'UTF-8')",
        "decode(unhex('F48FBFBF'), 'UTF-8')",
        "'  spaces\\tand\\nlines '",
        "'{\"json\": [1, null]}'",
        "'null'",
        "'2024-01-01'",
    ],
    "binary": ["x''", "x'00'", "x'00ff10807f'", "unhex(repeat('fe', 1000))"],
    "date": [
        "date'0001-01-01'",
        "date'1582-10-04'",
        "date'1582-10-15'",
        "date'1969-12-31'",
        "date'2024-02-29'",
        "date'9999-12-31'",
    ],
    "timestamp": [
        "timestamp'0001-01-03 00:00:00 UTC'",  # Python can't show the first day
        "timestamp'1582-10-04 23:59:59.999999 UTC'",
        "timestamp'1969-12-31 23:59:59.999999 UTC'",
        "timestamp'2024-03-31 02:30:00.000001 Europe/Berlin'",
        "timestamp'9999-12-31 23:59:59.999999 UTC'",
    ],
    "timestamp_ntz": [
        "timestamp_ntz'0001-01-01 00:00:00'",
        "timestamp_ntz'1969-12-31 23:59:59.999999'",
        "timestamp_ntz'2024-03-31 02:30:00.1'",
        "timestamp_ntz'9999-12-31 23:59:59.999999'",
    ],
    "array<int>": ["array(1, null, -1)", "array()", "array(cast(null as int))"],
    "array<array<double>>": ["array(array(0.5D, null), null, array())", "array()"],
    "array<float>": ["array(0.1F, null, -0.0F)", "array()"],
    "struct<a:int,b:string>": [
        "named_struct('a', 1, 'b', 'x')",
        "named_struct('a', cast(null as int), 'b', cast(null as string))",
    ],
    "struct<`a.b`:int,`c d`:struct<`0`:binary>>": ["named_struct('a.b', 1, 'c d', named_struct('0', x'01'))"],
    "array<struct<a:date,b:array<bigint>>>": [
        "array(named_struct('a', date'2024-01-01', 'b', array(1L, null)), null)",
        "array(named_struct('a', cast(null as date), 'b', cast(null as array<bigint>)))",
    ],
    "map<string,int>": ["map('a', 1, 'b', null)", "map()", "map('', 1)", "map('a.b', 1, 'a', 2)"],
    "map<string,map<string,decimal(10,4)>>": ["map('a', map('b', 1.2345), 'c', null, 'd', map())"],
    "map<bigint,string>": ["map(-9223372036854775808L, 'low', 9223372036854775807L, 'high', 0L, null)"],
    "map<double,string>": ["map(0.1D, 'a', 1e300D, 'b')"],
    "map<boolean,int>": ["map(true, 1, false, 2)"],
    "map<date,timestamp>": ["map(date'2024-01-01', timestamp'2024-01-01 00:00:00 UTC')"],
    "map<decimal(6,2),string>": ["map(1.10, 'a', -3.00, 'b')"],
    "map<timestamp_ntz,int>": ["map(timestamp_ntz'2024-01-01 00:00:00.5', 1)"],
}


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
