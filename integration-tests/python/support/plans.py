"""What a plan says was pushed into a read."""

from __future__ import annotations

import re

from pyspark.sql import DataFrame


def plan(data: DataFrame) -> str:
    """The optimized plan, where the reads stand with what they took over."""
    return str(data._jdf.queryExecution().executedPlan().toString())


def pushed(data: DataFrame, what: str) -> str | None:
    """What the plan says was pushed: `filters`, `limit`, `aggregates`; None if nothing was."""
    brackets = re.search(rf"pushed {what}: \[(.*?)\](?:, pushed|\s|\)|$)", plan(data), re.DOTALL)
    if brackets:
        return brackets[1] or None
    number = re.search(rf"pushed {what}: (\d+)", plan(data))
    return number[1] if number else None


def left_to_spark(data: DataFrame) -> bool:
    """Whether Spark filters the rows that the read gives."""
    return re.search(r"\bFilter\b", plan(data)) is not None
