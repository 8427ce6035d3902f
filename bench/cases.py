"""What is measured: the cases, and how large they are. BENCH_ROWS, BENCH_ROUNDS and BENCH_CASES choose more, or less."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from fnmatch import fnmatch

# So many that what a job costs however little it writes, a third of a second, is no large part of it.
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CHOSEN = os.environ.get("BENCH_CASES", "").split(",")

# A peer that takes 50 times as long per row gets 10,000 of them. Its figures are per row, and enough rows that its start is not
# seen in them: its workers, and what they import, are there since the warm-up.
PEERS_SHARE = 100
# Of rows that are four times as large a quarter: as many bytes.
USUAL_DIMENSIONS = 384


@dataclass(frozen=True)
class Case:
    """One store, protocol, size of vectors and number of tasks, on the server that costs nothing."""

    store: str
    transport: str
    dimensions: int
    tasks: int

    @property
    def name(self) -> str:
        return f"{self.store}-{self.transport}-{self.dimensions}-{self.tasks}"

    @property
    def rows(self) -> int:
        return ROWS * USUAL_DIMENSIONS // self.dimensions

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "name": self.name, "rows": self.rows, "peer_rows": max(self.rows // PEERS_SHARE, 2000)}


CASES = [
    Case(store, transport, dimensions, tasks)
    for store, transport in (("qdrant", "grpc"), ("qdrant", "http"), ("milvus", "grpc"))
    for dimensions in (384, 1536)
    for tasks in (1, 2)
]

# Beside the cases: how long it takes to start, what a real engine takes, how time and memory grow.
MORE = ("startup", "engine", "growth")

# What is measured when nothing is chosen: each store, protocol, size and number of tasks, but not all of them with each other.
USUAL = (
    "qdrant-grpc-384-1",
    "qdrant-grpc-384-2",
    "qdrant-grpc-1536-1",
    "qdrant-http-384-1",
    "milvus-grpc-384-1",
    "milvus-grpc-1536-1",
    *MORE,
)


def is_chosen(name: str) -> bool:
    patterns = [pattern.strip() for pattern in CHOSEN if pattern.strip()] or USUAL
    return any(fnmatch(name, pattern) for pattern in patterns)
