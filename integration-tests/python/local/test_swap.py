"""overwrite=swap: readers see the old rows or the new ones, and a job that fails changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stores.qdrant_raw import RawQdrant
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.slow import Background, slow_rows


@pytest.fixture
def alias(collection: str, raw: RawQdrant) -> Iterator[str]:
    """A name that becomes an alias; what is behind it goes with the test."""
    yield collection
    for name in raw.collections():
        if name.startswith(f"{collection}__swap_"):
            raw.delete(name)


def swap(connector: Connector, alias: str, run: int, rows: int = 50) -> None:
    data = connector.sql("n as id", VECTOR, f"{run} as run", rows=rows, partitions=2)
    connector.write(data, alias, mode="overwrite", overwrite="swap", **{"index.run": "integer"})


def runs(connector: Connector, alias: str) -> list[tuple[int, int]]:
    return [tuple(row) for row in connector.read(alias).groupBy("run").count().collect()]


def test_readers_see_the_old_rows_until_the_new_ones_are_all_there(
    connector: Connector, raw: RawQdrant, alias: str
) -> None:
    swap(connector, alias, 1)
    assert runs(connector, alias) == [(1, 50)]
    data = slow_rows(connector.spark, 200, "n as id", VECTOR, "2 as run", millis=20)
    job = Background(
        lambda: connector.write(data, alias, mode="overwrite", overwrite="swap", batch_rows=5, concurrency=1)
    )
    seen = []
    while job.running:
        whole = runs_or_nothing(connector, alias)
        if whole:
            seen.append(whole)
    job.result()
    assert runs(connector, alias) == [(2, 200)]
    assert [(1, 50)] in seen, "nobody read while the job ran: the test shows nothing"
    assert all(whole in ([(1, 50)], [(2, 200)]) for whole in seen)
    assert sum(name.startswith(alias) for name in raw.collections()) == 1


def runs_or_nothing(connector: Connector, alias: str) -> list[tuple[int, int]]:
    """Nothing if what the read began with was deleted: it fails rather than to mix."""
    try:
        return runs(connector, alias)
    except Exception as error:
        if "NOT_FOUND" not in str(error):
            raise
        return []


def test_a_job_that_fails_leaves_the_old_rows_and_nothing_else(
    connector: Connector, raw: RawQdrant, alias: str
) -> None:
    swap(connector, alias, 1)
    before = [name for name in raw.collections() if name.startswith(alias)]
    bad = connector.sql("if(n = 99, null, n) as id", VECTOR, "2 as run", rows=100)
    failure = failure_of(lambda: connector.write(bad, alias, mode="overwrite", overwrite="swap", batch_rows=5))
    assert failure.kind == "DATA"
    assert runs(connector, alias) == [(1, 50)]
    assert [name for name in raw.collections() if name.startswith(alias)] == before


def test_appends_go_to_what_is_behind_the_alias(connector: Connector, alias: str) -> None:
    swap(connector, alias, 1)
    connector.write(connector.sql("n + 50 as id", VECTOR, "1 as run", rows=10), alias)
    assert runs(connector, alias) == [(1, 60)]


def test_a_collection_is_no_alias(connector: Connector, collection: str) -> None:
    connector.write(connector.sql("n as id", VECTOR, rows=3), collection)
    failure = failure_of(lambda: swap(connector, collection, 2))
    assert failure.kind == "OPTIONS"
    assert failure.names(collection, "alias")
    assert connector.read(collection).count() == 3
