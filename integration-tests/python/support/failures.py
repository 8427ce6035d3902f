"""What a failed Spark call tells: the VectorFuseException in it, wherever Spark has wrapped it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

EXCEPTION = "io.vectorfuse.spark.VectorFuseException"
_IN_TEXT = re.compile(re.escape(EXCEPTION) + r": \[([A-Z_]+)\] ?([^\n]*)")


@dataclass(frozen=True)
class Failure:
    """A VectorFuseException as the user sees it."""

    kind: str
    text: str
    whole: str
    """Everything that Spark printed of the failure."""

    def names(self, *words: object) -> bool:
        """Whether the text names all of these, in any case."""
        return all(str(word).lower() in self.text.lower() for word in words)


def failure_of(call: Callable[[], Any]) -> Failure:
    """Calls, and returns the failure. No failure at all, or one of another class, fails the test."""
    try:
        call()
    except Exception as error:
        failure = find(error)
        if failure is None:
            pytest.fail(f"the failure holds no {EXCEPTION}: {type(error).__name__}: {str(error)[:2000]}")
        return failure
    pytest.fail(f"no {EXCEPTION} was thrown")


def find(error: BaseException) -> Failure | None:
    """The VectorFuseException in what PySpark raised: in the chain of Java causes, or in the text of a failed task."""
    whole = str(error)
    for java in _java_chain(error):
        whole += "\n" + str(java.toString())
        if java.getClass().getName() == EXCEPTION:
            match = re.match(r"\[([A-Z_]+)\] ?(.*)", str(java.getMessage()), re.DOTALL)
            if match is None:
                pytest.fail(f"the message has no kind: {java.getMessage()}")
            return Failure(match[1], match[2], whole)
    match = _IN_TEXT.search(whole)
    return Failure(match[1], match[2], whole) if match else None


def _java_chain(error: BaseException) -> list[Any]:
    # Py4JJavaError has the Java exception itself; PySpark's own exceptions keep it as their origin.
    java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    chain: list[Any] = []
    while java is not None and len(chain) < 20:
        chain.append(java)
        java = java.getCause()
    return chain
