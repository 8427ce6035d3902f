"""Tasks that run twice, because their first attempt fails or is slow. Each leaves marks, so that a test knows that one did."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql.functions import udf


def failing_at_first(rows: DataFrame, numbers: Iterable[int], marks: Path) -> DataFrame:
    """The column `id` of the rows as `n`; the first attempt of a task fails at each of these numbers.

    The rows pass through Python in small batches, so that those before the bad one are on their way when it fails. The
    mark of a failed attempt has the name of its partition.
    """
    bad, folder = frozenset(numbers), str(marks)

    @udf("bigint")
    def fragile(number: int) -> int:
        # Names of the test's own module are not known to Spark's workers.
        import pathlib

        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        if number in bad and context.attemptNumber() == 0:
            (pathlib.Path(folder) / f"partition-{context.partitionId()}").touch()
            raise RuntimeError("this attempt fails on purpose")
        return number

    return rows.select(fragile("id").alias("n"))


def slow_at_first(rows: DataFrame, marks: Path) -> DataFrame:
    """The column `id` of the rows as `n`; the first attempt of the first partition takes a tenth of a second for each row.

    The mark of each attempt of that partition has the attempt's number.
    """
    folder = str(marks)

    @udf("bigint")
    def slow(number: int) -> int:
        import pathlib
        import time

        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        if context.partitionId() == 0:
            (pathlib.Path(folder) / f"attempt-{context.attemptNumber()}").touch()
            if context.attemptNumber() == 0:
                time.sleep(0.1)
        return number

    return rows.select(slow("id").alias("n"))
