"""on_error: bad rows are passed over or written down once, whatever happens to the tasks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from stores.qdrant_raw import RawQdrant
from support.attempts import failing_at_first
from support.connector import VECTOR, Connector
from support.failures import failure_of

ROWS = 400
# Of two partitions, each has such rows, before and after the place where an attempt fails.
BAD = {3, 150, 203, 395}


def letters(folder: Path) -> list[dict[str, Any]]:
    """Every line of every file, hidden ones too: an attempt that did not commit must leave none."""
    return [json.loads(line) for file in folder.iterdir() for line in file.read_text(encoding="utf-8").splitlines()]


def with_bad_rows(spark: SparkSession, marks: Path) -> DataFrame:
    """Rows of which some have no id, and one fails the first attempt of its task."""
    bad = ", ".join(map(str, sorted(BAD)))
    numbers = failing_at_first(spark.range(0, ROWS, 1, 2), [390], marks)
    return numbers.selectExpr(f"if(n in ({bad}), null, n) as id", "n as number", VECTOR)


def test_dead_letters_stand_once_though_a_task_ran_twice(
    spark: SparkSession, connector: Connector, raw: RawQdrant, collection: str, tmp_path: Path
) -> None:
    marks, folder = tmp_path / "marks", tmp_path / "dead"
    marks.mkdir()
    connector.write(
        with_bad_rows(spark, marks),
        collection,
        batch_rows=10,
        on_error="dead_letter",
        dead_letter_path=folder.as_uri(),
    )
    assert list(marks.iterdir()), "no task failed: the test shows nothing"
    assert raw.count(collection) == ROWS - len(BAD)
    assert sorted(letter["values"]["number"] for letter in letters(folder)) == sorted(BAD)
    assert {letter["partition"] for letter in letters(folder)} == {0, 1}
    assert all("the id is null" in letter["reason"] for letter in letters(folder))
    assert all(file.suffix == ".jsonl" for file in folder.iterdir())


def test_skipped_rows_are_missing_and_the_others_are_not(connector: Connector, raw: RawQdrant, collection: str) -> None:
    data = connector.sql("if(n % 10 = 7, null, n) as id", VECTOR, rows=100, partitions=4)
    connector.write(data, collection, on_error="skip", max_errors=10)
    assert sorted(int(point.id) for point in raw.points(collection)) == [n for n in range(100) if n % 10 != 7]


def test_a_job_with_too_many_bad_rows_fails_and_takes_its_dead_letters_away(
    connector: Connector, collection: str, tmp_path: Path
) -> None:
    # Two bad rows in each of four tasks: no task has too many.
    data = connector.sql("if(n % 10 in (6, 7), null, n) as id", VECTOR, rows=40, partitions=4)
    options = {"on_error": "dead_letter", "dead_letter_path": str(tmp_path), "max_errors": "5"}
    failure = failure_of(lambda: connector.write(data, collection, **options))
    assert failure.kind == "DATA"
    assert failure.names("8 rows", "max_errors")
    assert letters(tmp_path) == []


def test_a_folder_elsewhere_is_refused_before_anything_is_written(
    connector: Connector, raw: RawQdrant, collection: str
) -> None:
    options = {"on_error": "dead_letter", "dead_letter_path": "s3://bucket/dead"}
    failure = failure_of(lambda: connector.write(connector.sql("n as id", VECTOR), collection, **options))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("dead_letter_path", "s3")
    assert collection not in raw.collections()
