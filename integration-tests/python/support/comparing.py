"""Equality as a store of data has to see it: by bits where Python and SQL are lenient (0.0 and -0.0, 1 and True, 1.0 and 1)."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


def difference(expected: Any, actual: Any, path: str = "") -> str | None:
    """Where and how two values differ, or None when they are the same."""
    if expected is None or actual is None:
        return None if expected is actual else _differ(path, expected, actual)
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return _mappings(expected, actual, path)
    if type(expected) is not type(actual):
        return f"{path or 'value'}: {type(expected).__name__} {expected!r} became {type(actual).__name__} {actual!r}"
    if isinstance(expected, float):
        return None if struct.pack("<d", expected) == struct.pack("<d", actual) else _differ(path, expected, actual)
    if isinstance(expected, Decimal):
        # A scale is part of a decimal's value to Spark.
        return None if expected.as_tuple() == actual.as_tuple() else _differ(path, expected, actual)
    if hasattr(expected, "asDict") and hasattr(expected, "__fields__"):
        if expected.__fields__ != actual.__fields__:
            return f"{path or 'row'}: fields {expected.__fields__} became {actual.__fields__}"
        return _mappings(expected.asDict(), actual.asDict(), path)
    if isinstance(expected, Sequence) and not isinstance(expected, (str, bytes, bytearray)):
        if len(expected) != len(actual):
            return f"{path or 'list'}: {len(expected)} elements became {len(actual)}: {expected!r} became {actual!r}"
        for position, (left, right) in enumerate(zip(expected, actual, strict=True)):
            found = difference(left, right, f"{path}[{position}]")
            if found:
                return found
        return None
    return None if expected == actual else _differ(path, expected, actual)


def _mappings(expected: Mapping[Any, Any], actual: Mapping[Any, Any], path: str) -> str | None:
    if set(map(_key, expected)) != set(map(_key, actual)):
        return f"{path or 'map'}: keys {list(expected)!r} became {list(actual)!r}"
    of_actual = {_key(key): value for key, value in actual.items()}
    for key, value in expected.items():
        found = difference(value, of_actual[_key(key)], f"{path}.{key}" if path else str(key))
        if found:
            return found
    return None


def _key(key: Any) -> Any:
    """A map's key as its bits: 1, 1.0 and True are three keys."""
    bits = struct.pack("<d", key) if isinstance(key, float) else key
    return type(key).__name__, str(key) if isinstance(key, Decimal) else bits


def _differ(path: str, expected: Any, actual: Any) -> str:
    return f"{path or 'value'}: {expected!r} became {actual!r}"


def same_rows(expected: Sequence[Any], actual: Sequence[Any], by: str = "id") -> str | None:
    """Compares rows paired by a column, whatever their order; None when all are the same."""
    left = {str(row[by]): row for row in expected}
    right = {str(row[by]): row for row in actual}
    if len(right) != len(actual):
        return f"{len(actual) - len(right)} rows came more than once"
    if set(left) != set(right):
        return f"rows lost: {sorted(map(str, set(left) - set(right)))[:5]}, rows made up: {sorted(map(str, set(right) - set(left)))[:5]}"
    for key, row in left.items():
        found = difference(row, right[key])
        if found:
            return f"row {by}={key}: {found}"
    return None
