"""Tasks that run twice, because their first attempt fails or is taken for slow. Each leaves marks, so that a test knows that one did."""

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


def copied(rows: DataFrame, marks: Path) -> DataFrame:
    """The column `id` of the rows as `n`; the attempt of the first partition that begins first waits for a second one.

    It does so at its row 50, when others are on their way; then both go on side by side. Needs speculation, which takes
    the waiting attempt for a slow one. `attempts` tells how many there were.
    """
    folder = str(marks)

    @udf("bigint")
    def waiting(number: int) -> int:
        import contextlib
        import pathlib
        import time

        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        if context.partitionId() == 0:
            marks = pathlib.Path(folder)
            mark, first = marks / f"attempt-{context.attemptNumber()}", marks / "first"
            mark.touch()
            with contextlib.suppress(FileExistsError):
                first.symlink_to(mark)
            end = time.monotonic() + 120
            while number == 50 and first.readlink() == mark and time.monotonic() < end:
                if len(list(marks.glob("attempt-*"))) > 1:
                    break
                time.sleep(0.1)
        return number

    return rows.select(waiting("id").alias("n"))


def attempts(marks: Path) -> int:
    """How many attempts of the first partition of `copied` there were."""
    return len(list(marks.glob("attempt-*")))
