"""Random schemas and rows for the property tests. All comes from one random.Random: a seed says everything."""

from __future__ import annotations

import datetime
import math
import struct
from decimal import Decimal
from random import Random
from typing import Any

from pyspark.sql import types as t

# Text that has broken encoders before: NUL, surrogate pairs, combining marks, the last code point, line ends.
TEXTS = [
    "",
    "a",
    "NUL\0NUL",
    "日本語",
    "😀👩‍👩‍👧",
    "𩸽",
    "e\u0301",
    "\U0010ffff",
    "\r\n\t",
    '"quoted\\"',
    "null",
    "true",
    "1e5",
    "\ufeff",
    "\u2028",
]
INTEGERS: list[tuple[type[t.DataType], int]] = [
    (t.ByteType, 8),
    (t.ShortType, 16),
    (t.IntegerType, 32),
    (t.LongType, 64),
]
UTC = datetime.UTC
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
# The years that Python has, in microseconds since 1970; test_types.py goes beyond them.
# (Two days less: Python looks a day back when it makes a local time.)
FIRST_MICROS = -62_135_424_000_000_000
LAST_MICROS = 253_402_300_799_999_999
NULLS = 0.15


def schema(random: Random, vector: str = "vector") -> t.StructType:
    """`id`, a vector, and one to nine columns of any type."""
    fields = [t.StructField(f"c{n}", column_type(random, 3)) for n in range(random.randint(1, 9))]
    fields += [t.StructField(vector, t.ArrayType(t.FloatType())), t.StructField("id", t.LongType())]
    random.shuffle(fields)
    return t.StructType(fields)


def column_type(random: Random, depth: int) -> t.DataType:
    """A type that nests at most `depth` deep."""
    if depth == 0 or random.random() < 0.55:
        return atomic_type(random)
    match random.choice(("array", "struct", "map")):
        case "array":
            return t.ArrayType(column_type(random, depth - 1))
        case "struct":
            names = random.sample(["a", "b", "a.b", "with space", "ü", "A1", "id", "vector"], random.randint(1, 4))
            return t.StructType([t.StructField(name, column_type(random, depth - 1)) for name in names])
    key = (
        t.StringType()
        if random.random() < 0.6
        else random.choice([t.LongType(), t.DateType(), t.BooleanType(), t.DecimalType(12, 3)])
    )
    return t.MapType(key, column_type(random, depth - 1))


def atomic_type(random: Random) -> t.DataType:
    """A type without parts."""
    if random.random() < 0.15:
        precision = random.randint(1, 38)
        return t.DecimalType(precision, random.randint(0, precision))
    kinds = [
        t.BooleanType,
        t.FloatType,
        t.DoubleType,
        t.StringType,
        t.BinaryType,
        t.DateType,
        t.TimestampType,
        t.TimestampNTZType,
    ]
    return random.choice([*kinds, *(kind for kind, _ in INTEGERS)])()


def rows(random: Random, of: t.StructType, count: int, size: int, vector: str = "vector") -> list[tuple[Any, ...]]:
    """`count` rows with ids of their own and vectors of `size`."""
    ids = [*random.sample(range(10_000), count - 1), 2**63 - 1]
    made = []
    for number in ids:
        row = [None if random.random() < NULLS else value(random, field.dataType) for field in of.fields]
        row[of.names.index("id")] = number
        row[of.names.index(vector)] = [single(random) for _ in range(size)]
        made.append(tuple(row))
    return made


def value(random: Random, kind: t.DataType) -> Any:
    """A value of a type, not null itself; what it consists of may be null."""
    match kind:
        case t.ArrayType():
            return [part(random, kind.elementType) for _ in range(random.choice((0, 1, 2, 5)))]
        case t.StructType():
            return tuple(part(random, field.dataType) for field in kind.fields)
        case t.MapType():
            keys = [value(random, kind.keyType) for _ in range(random.choice((0, 1, 3)))]
            return {key: part(random, kind.valueType) for key in keys}
        case t.BooleanType():
            return random.random() < 0.5
        case t.DecimalType():
            digits = random.choice((0, 1, 10**kind.precision - 1, random.randrange(10**kind.precision)))
            return Decimal((random.randint(0, 1) if digits else 0, tuple(map(int, str(digits))), -kind.scale))
        case t.FloatType():
            return single(random)
        case t.DoubleType():
            return double(random)
        case t.StringType():
            return "".join(random.choices(TEXTS, k=random.randint(1, 3)))
        case t.BinaryType():
            return bytearray(random.randbytes(random.choice((0, 1, 2, 3, 40))))
        case t.DateType():
            return datetime.date.fromordinal(random.choice((1, 3_652_059, 719_163, random.randint(1, 3_652_059))))
        case t.TimestampType():
            return moment(random)
        case t.TimestampNTZType():
            return moment(random).replace(tzinfo=None)
    bits = next(bits for integer, bits in INTEGERS if isinstance(kind, integer))
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    return random.choice((low, -1, 0, 1, high, random.randint(low, high)))


def part(random: Random, kind: t.DataType) -> Any:
    return None if random.random() < NULLS else value(random, kind)


def moment(random: Random) -> datetime.datetime:
    """Whole seconds, milliseconds and microseconds."""
    step = random.choice((1_000_000, 1000, 1))
    micros = random.choice((0, -1, FIRST_MICROS, LAST_MICROS, random.randint(FIRST_MICROS, LAST_MICROS) // step * step))
    return EPOCH + datetime.timedelta(microseconds=max(micros, FIRST_MICROS))


def double(random: Random) -> float:
    """Any finite double: most of them by their bits, so that every exponent comes up."""
    while True:
        bits = struct.unpack("<d", random.randbytes(8))[0]
        number = random.choice((0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1, 1e16, 123456789.0, bits, bits))
        if math.isfinite(number):
            return float(number)


def single(random: Random) -> float:
    """Any finite number of 32 bits."""
    while True:
        bits = struct.unpack("<f", random.randbytes(4))[0]
        number = random.choice((0.0, -0.0, 1.0, struct.unpack("<f", b"\1\0\0\0")[0], bits, bits))
        if math.isfinite(number):
            return float(number)
