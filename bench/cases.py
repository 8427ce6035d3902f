"""What is measured: the cases, and how large they are. BENCH_ROWS, BENCH_ROUNDS and BENCH_CASES choose more, or less."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from fnmatch import fnmatch

ROWS = int(os.environ.get("BENCH_ROWS", "200000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
CHOSEN = os.environ.get("BENCH_CASES", "*").split(",")

# A peer that takes 50 times as long per row gets fewer rows. Its figures are per row, and enough rows that its start is not
# seen in them: its workers, and what they import, are there since the warm-up.
PEERS_SHARE = 10
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
    Case("qdrant", "grpc", 384, 1),
    Case("qdrant", "grpc", 384, 2),
    Case("qdrant", "grpc", 1536, 1),
    Case("qdrant", "grpc", 1536, 2),
    Case("qdrant", "http", 384, 1),
    Case("qdrant", "http", 1536, 1),
    Case("milvus", "grpc", 384, 1),
    Case("milvus", "grpc", 384, 2),
    Case("milvus", "grpc", 1536, 1),
]

# Beside the cases: what a real engine takes, how time and memory grow, how long it takes to start.
MORE = ("engine", "growth", "startup")


def is_chosen(name: str) -> bool:
    return any(fnmatch(name, pattern.strip()) for pattern in CHOSEN)
