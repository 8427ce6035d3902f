"""Jobs that take their time, so that a test can do something in the middle of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from pyspark.sql import DataFrame, SparkSession


def slow_rows(spark: SparkSession, rows: int, *expressions: str, partitions: int = 2, millis: int = 10) -> DataFrame:
    """Rows over `n` of which each takes `millis` to come, in the JVM itself."""
    numbers = spark.range(0, rows, 1, partitions).withColumnRenamed("id", "n")
    # The filter is always true, and Spark cannot know that before the sleep is over.
    return numbers.where(f"java_method('java.lang.Thread', 'sleep', cast({millis} as bigint)) = 'null'").selectExpr(
        *expressions
    )


class Background:
    """A call in a thread of its own; its failure waits for the test."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(call,), daemon=True)
        self._thread.start()

    def _run(self, call: Callable[[], Any]) -> None:
        try:
            call()
        except BaseException as failure:
            self._failure = failure

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def result(self, seconds: float = 120.0) -> None:
        """Waits for the end, and raises what the call raised."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            raise AssertionError(f"the job did not end within {seconds:.0f} s")
        if self._failure is not None:
            raise self._failure


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60.0) -> float:
    """Waits for a condition and returns how long that took."""
    begin = time.monotonic()
    while not condition():
        if time.monotonic() - begin > seconds:
            raise AssertionError(f"within {seconds:.0f} s it did not happen that {what}")
        time.sleep(0.02)
    return time.monotonic() - begin


def running_tasks(spark: SparkSession) -> int:
    """How many tasks hold a core: a killed one does until it has really ended."""
    return sum(
        executor.numRunningTasks() for executor in spark.sparkContext._jsc.sc().statusTracker().getExecutorInfos()
    )
