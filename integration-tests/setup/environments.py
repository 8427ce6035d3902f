"""Makes the virtual environments, each exactly as its lock file says, and makes one anew when its lock file has changed."""

from __future__ import annotations

import fcntl
import hashlib
import sys
from pathlib import Path

from setup.places import CACHE, MILVUS, MILVUS_LITE, PYTHON_TESTS, environment_of_spark
from setup.steps import Step, run

STAMP = ".vectorfuse-lock"
TOOLS = CACHE / "tools"


def spark_environment(spark: str) -> Path:
    """The environment of one Spark, ready to use."""
    return _ensure(environment_of_spark(spark), PYTHON_TESTS / f"requirements-spark-{spark}.txt", f"Spark {spark}")


def tools_environment() -> Path:
    """The environment of the linters, ready to use."""
    return _ensure(TOOLS, PYTHON_TESTS / "requirements-tools.txt", "the linters")


def milvus_environment() -> Path:
    """The environment of Milvus 2.3.5, ready to start: the package unpacks its program only here, once for every server."""
    return _ensure(MILVUS, PYTHON_TESTS / "requirements-milvus.txt", "Milvus", finish="unpack")


def milvus_lite_environment() -> Path:
    """The environment of Milvus Lite, ready to start."""
    return _ensure(MILVUS_LITE, PYTHON_TESTS / "requirements-milvus-lite.txt", "Milvus Lite")


def _ensure(environment: Path, lock: Path, what: str, *, finish: str | None = None) -> Path:
    wanted = _fingerprint(lock)
    stamp = environment / STAMP
    CACHE.mkdir(parents=True, exist_ok=True)
    # Two runs at once, of two clones, share the cache: the second waits and finds the work done.
    with (CACHE / f"{environment.name}.making").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return environment
        log = f"environment-{environment.name}"
        run(
            Step(f"Making a Python environment for {what}", [sys.executable, "-m", "venv", "--clear", environment], log)
        )
        pip = [environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
        # --no-deps: the lock file has everything, and what it forgot has to be noticed by the check below.
        run(
            Step(
                f"Installing {what} into it",
                [*pip, "install", "--no-deps", "--no-input", "--requirement", lock],
                log,
            )
        )
        run(Step("Checking that nothing is missing", [*pip, "check"], log))
        if finish is not None:
            command = [environment / "bin" / "python", "-m", "stores.milvus_process", finish]
            run(Step(f"Unpacking {what}", command, log, PYTHON_TESTS.parent))
        stamp.write_text(wanted, encoding="utf-8")
    return environment


def _fingerprint(lock: Path) -> str:
    """Changes with the lock file and with the Python that the environment would be made from."""
    return hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
