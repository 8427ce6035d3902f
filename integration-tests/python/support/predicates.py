"""Random predicates over columns of every type that is compared, each evaluated by the store and by Spark."""

from __future__ import annotations

from random import Random

from pyspark.sql import DataFrame

from support.plans import left_to_spark, pushed

PREDICATES = 30
EDGE = 2**53

# Constants by the column's type, as SQL.
CONSTANTS: dict[str, list[str]] = {
    "b": ["true", "false"],
    "y": ["-128Y", "0Y", "1Y", "127Y"],
    "i": ["-2147483648", "-7", "0", "1", "2", "2147483647"],
    "l": [*(f"{n}L" for n in (-1, 0, 1, 2, EDGE - 1, EDGE, EDGE + 1, 2**63 - 1)), "-9223372036854775807L"],
    "f": ["float('-0.0')", "float(0.0)", "float(0.1)", "float(-1.5)", "float('NaN')", "float('Infinity')"],
    "d": ["-0.0D", "0.0D", "0.1D", "1.0D", "2.0D", "1e300D", "double('NaN')", "double('-Infinity')"],
    "s": ["''", "'x'", "'X'", "'größe'", "'5'", "'true'", "'1.5'", "'null'", "'[]'", "'[\"x\"]'", "'it\\'s\\n\"'"],
    "c": ["-1.500BD", "0.000BD", "1.500BD", "99999.999BD", "1.5BD"],
    "dt": ["date'1969-12-31'", "date'1970-01-01'", "date'2024-02-29'", "date'0001-01-01'", "date'9999-12-31'"],
    "ts": [
        "timestamp'1970-01-01 00:00:00'",
        "timestamp'2024-02-29 12:00:00'",
        "timestamp'2024-02-29 12:00:00.000001'",
        "timestamp'9999-12-31 23:59:59.999999'",
    ],
    "o.x": ["-1L", "0L", "1L", "2L"],
    "o.`in`.`a.b`": ["''", "'x'", "'größe'"],
    "`a.b`": ["''", "'x'", "'5'"],
    '`odd [1] "q"`': ["0L", "1L"],
    "id": [
        "'0'",
        "'4'",
        "'key-1'",
        "'936da01f-9abd-4d9d-80c7-000000000002'",
        "'936DA01F-9ABD-4D9D-80C7-000000000003'",
        "'no'",
    ],
}
ODD = '`odd [1] "q"`'
INNER = "o.`in`.`a.b`"
TYPES = {
    "b": "boolean", "y": "tinyint", "i": "int", "l": "bigint", "f": "float", "d": "double", "s": "string",
    "c": "decimal(12,3)", "dt": "date", "ts": "timestamp",
}  # fmt: skip


def constant(random: Random, column: str) -> str:
    return "null" if random.random() < 0.06 else random.choice(CONSTANTS[column])


def predicate(random: Random, columns: list[str], depth: int = 3) -> str:
    if depth and random.random() < 0.4:
        one = predicate(random, columns, depth - 1)
        if random.random() < 0.35:
            return f"not ({one})"
        return f"({one}) {random.choice(['and', 'or'])} ({predicate(random, columns, depth - 1)})"
    column = random.choice(columns)
    match random.randrange(8):
        case 0:
            return f"{column} is {random.choice(['', 'not '])}null"
        case 1:
            return f"{column} in ({', '.join(constant(random, column) for _ in range(random.choice([1, 3, 12])))})"
        case 2:
            return f"{column} <=> {constant(random, column)}"
        case 3:
            return f"{constant(random, column)} {random.choice(['<', '<=', '>', '>='])} {column}"
        case 4 if column == "s":
            return random.choice(
                [
                    "s like 'x%'",
                    "s not like 'gr%'",
                    "startswith(s, '')",
                    "s like '%ß%'",
                    "length(s) > 1",
                    "upper(s) = 'X'",
                ]
            )
        case 4 if column == "b":
            return "b"
        case _:
            return f"{column} {random.choice(['=', '=', '!=', '<', '<=', '>', '>='])} {constant(random, column)}"


def answers(data: DataFrame, where: str) -> list[str]:
    return sorted(row.id for row in data.where(where).select("id").collect())


def compare(random: Random, taken: DataFrame, left: DataFrame, columns: list[str], counted: dict[str, int]) -> None:
    """Each predicate gives the same rows, whoever evaluates it; a fair share of them goes to the store."""
    # Spark's cache keeps the bounds of its batches, and passes over those that it thinks have no NaN.
    pruning = "spark.sql.inMemoryColumnarStorage.partitionPruning"
    left.sparkSession.conf.set(pruning, "false")
    left = left.cache()
    total = left.count()
    by_store = exact = telling = 0
    try:
        for n in range(PREDICATES):
            where = predicate(random, columns)
            expected = answers(left, where)
            narrowed = taken.where(where)
            assert answers(taken, where) == expected, where
            if n % 4 == 0:
                assert narrowed.count() == len(expected), where
            by_store += pushed(narrowed, "filters") is not None
            exact += pushed(narrowed, "filters") is not None and not left_to_spark(narrowed)
            telling += 0 < len(expected) < total
    finally:
        left.unpersist()
        left.sparkSession.conf.unset(pruning)
    for name, number in (
        ("predicates", PREDICATES),
        ("pushed", by_store),
        ("pushed whole", exact),
        ("telling", telling),
    ):
        counted[name] = counted.get(name, 0) + number
    assert by_store > PREDICATES * 0.4, f"the store evaluated only {by_store}"
    assert exact > PREDICATES * 0.25, f"only {exact} were evaluated by the store alone"
    assert telling > PREDICATES * 0.25, f"only {telling} predicates told rows apart"
