"""A collection goes from Qdrant to Milvus and back, and is what it was: ids, vectors, and values of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stores.qdrant_raw import RawQdrant
from support.comparing import same_rows
from support.connector import Connector
from support.roundtrip import nullable

ROWS = 300
VECTOR = "transform(sequence(1, 8), x -> cast(sin(n * 31 + x) as float)) as vector"
COLUMNS = [
    "n % 3 = 0 as flag",
    "cast(n % 256 - 128 as tinyint) as tiny",
    "cast(n * 7 - 5 as int) as number",
    "n * 9007199254740993 as large",
    "cast(n / 7 as double) as ratio",
    "cast(n / 3 as float) as share",
    "cast(n / 8 as decimal(20,3)) as price",
    "concat('größe \"', n, '\\n😀') as word",
    "unhex(hex(n)) as bytes",
    "date_from_unix_date(cast(n * 50 as int)) as day",
    "timestamp_micros(n * 86400000001) as moment",
    "timestamp_ntz'2024-03-31 02:30:00.1' as wall",
    "array(concat('t', n), 'ü') as tags",
    "named_struct('city', concat('c', n), 'at', named_struct('lon', n / 2D, 'days', array(date'2024-01-01'))) as address",
    "map('a', n, 'b', null) as counts",
]


def null_in_some(column: str, place: int) -> str:
    value, _, name = column.rpartition(" as ")
    return f"if(n % 17 = {place}, null, {value}) as {name}"


@pytest.fixture
def copies(qdrant: Connector, collection: str) -> Iterator[tuple[RawQdrant, str, str]]:
    """Two collections of Qdrant: the first one, and what has come back."""
    raw = RawQdrant(qdrant.url, qdrant.api_key)
    names = (f"{collection}_first", f"{collection}_back")
    yield raw, *names
    for name in names:
        if name in raw.collections():
            raw.delete(name)
    raw.close()


@pytest.mark.parametrize("key", ["n as id", "concat('key/', n) as id", "uuid as id"], ids=["numbers", "texts", "UUIDs"])
@pytest.mark.parametrize("target", ["Milvus", "Milvus Lite"])
def test_a_copy_of_a_copy_is_the_collection_itself(
    request: pytest.FixtureRequest, qdrant: Connector, copies: tuple[RawQdrant, str, str], target: str, key: str
) -> None:
    nulls = target == "Milvus Lite"
    milvus: Connector = request.getfixturevalue("lite" if nulls else "connector")
    between: str = request.getfixturevalue("lite_collection" if nulls else "collection")
    raw, first, back = copies
    if key.startswith("uuid"):
        # A UUID of each number, the same whoever asks.
        key = "concat('936da01f-9abd-4d9d-80c7-', lpad(cast(n as string), 12, '0')) as id"
    columns = [null_in_some(column, place) for place, column in enumerate(COLUMNS)] if nulls else COLUMNS
    data = qdrant.sql(key, VECTOR, *columns, rows=ROWS, partitions=2)
    qdrant.write(data, first, distance="euclid")
    original = qdrant.read(first)
    milvus.write(original, between, distance="euclid")
    copied = milvus.read(between)
    assert nullable(copied.schema).json() == nullable(original.schema).json()
    assert same_rows(original.collect(), copied.collect()) is None
    qdrant.write(copied, back, distance="euclid")
    assert nullable(qdrant.read(back).schema).json() == nullable(original.schema).json()
    points = {str(point.id): point for point in raw.points(first)}
    returned = {str(point.id): point for point in raw.points(back)}
    assert returned == points
    assert len(points) == ROWS
