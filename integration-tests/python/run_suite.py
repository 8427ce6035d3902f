"""Runs pytest inside the driver that spark-submit started, so that one Spark serves a whole suite:

    spark-submit --master local[2,4] --jars vectorfuse-spark.jar run_suite.py local

The exit code is pytest's, save that a suite without a single test has failed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def main() -> int:
    # The tests' own modules, and `setup` and `stores` beside this folder.
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    # Nothing is written beside the sources, and no plugin of the user's environment takes part.
    options = [
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(HERE),
        "--import-mode=importlib",
        "-ra",
        "--strict-markers",
        "--tb=short",
    ]
    arguments = [str(HERE / argument) if is_ours(argument) else argument for argument in sys.argv[1:]]
    return int(pytest.main([*options, "--durations=10", *arguments]))


def is_ours(argument: str) -> bool:
    """Whether this is a folder or file of ours, or a test in one: local/test_reads.py::test_…"""
    return (HERE / argument.partition("::")[0]).exists()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of a test that hangs must not keep the driver, and with it CI, alive.
    os._exit(code)
