"""How a script is given to a Spark: spark-submit of one virtual environment, on loopback, with nothing of the user's own
Spark settings in the way."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from setup.places import PYTHON_TESTS, ROOT, environment_of_spark

# Small: two cores, a build and a server share the machine.
DRIVER_MEMORY = "1g"

SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": DRIVER_MEMORY,
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.session.timeZone": "UTC",
    "spark.port.maxRetries": "100",
}


def clean_environment(environment: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a Spark process of this virtual environment, whoever calls: also of a test inside another Spark,
    whose gateway and home must not leak into the new one."""
    foreign = ("SPARK_", "PYSPARK_", "_PYSPARK", "PYTHONPATH", "PYTHONHASHSEED", "HADOOP_", "OLD_PYTHON")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    python = str(environment / "bin" / "python")
    return {
        **kept,
        "PYSPARK_PYTHON": python,
        "PYSPARK_DRIVER_PYTHON": python,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONF_DIR": str(PYTHON_TESTS / "conf"),
        "PYTHONPATH": str(ROOT / "integration-tests"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Python's datetimes are then Spark's instants, wherever the tests run.
        "TZ": "UTC",
        **(extra or {}),
    }


def submit_command(
    spark: str,
    script: Path,
    arguments: Sequence[str | Path] = (),
    *,
    jar: Path | None,
    master: str,
    settings: Mapping[str, str] | None = None,
) -> list[str]:
    """The command line of spark-submit."""
    command = [str(environment_of_spark(spark) / "bin" / "spark-submit"), "--master", master]
    if jar is not None:
        command += ["--jars", str(jar)]
    for name, value in {**SETTINGS, **(settings or {})}.items():
        command += ["--conf", f"{name}={value}"]
    return [*command, str(script), *map(str, arguments)]


def temporary(spark: str, suite: str) -> Path:
    """Where a suite's Spark keeps its warehouse and scratch files: inside the build folder, so that `make clean` has it."""
    folder = ROOT / "build" / "spark" / f"{suite}-{spark}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
