"""Where things are: stated once, so that the Makefile, the tests and CI agree."""

from __future__ import annotations

import os
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON_TESTS = ROOT / "integration-tests" / "python"
QDRANT_SERVER = ROOT / "integration-tests" / "qdrant-server"
LOGS = ROOT / "build" / "logs"

# Kept outside the clone: a second clone, and the next CI run, start warm.
CACHE = Path(
    os.environ.get("VECTORFUSE_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vectorfuse"
).resolve()

# Two target folders, since the two workspaces have lock files of their own.
CARGO_TARGET = CACHE / "target"
QDRANT_SERVER_TARGET = CACHE / "qdrant-server-target"
QDRANT_SERVER_BINARY = QDRANT_SERVER_TARGET / "debug" / "vectorfuse-qdrant-server"

# The environments of Milvus 2.3.5 and of Milvus Lite.
MILVUS = CACHE / "milvus"
MILVUS_LITE = CACHE / "milvus-lite"

# The Sparks that the one jar must run on, by the names of their environments and lock files.
SPARKS = ("3.5", "4")


def environment_of_spark(spark: str) -> Path:
    """The virtual environment that holds this Spark."""
    return CACHE / f"spark-{spark}"


def version() -> str:
    """The product's version, from the one place where it stands."""
    text = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    match = re.search(r'^\[workspace\.package\][^\[]*?^version\s*=\s*"([^"]+)"', text, re.MULTILINE | re.DOTALL)
    if match is None:
        raise SystemExit("Cargo.toml has no version in [workspace.package]")
    return match[1]


def jar() -> Path:
    """The built jar. Exactly one: a jar of yesterday's version must not be what the tests run."""
    name = f"vectorfuse-spark-{version()}.jar"
    found = [folder / name for folder in (ROOT / "build" / "libs", ROOT / "jvm" / "build" / "libs")]
    found = [jar for jar in found if jar.is_file()]
    if len(found) != 1:
        raise SystemExit(
            f"expected one {name}, found {len(found)}: {', '.join(map(str, found)) or 'build it with make jar'}"
        )
    return found[0]
