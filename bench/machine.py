"""Where the figures come from: the machine, and the versions of everything that was measured."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path

from setup.places import PYTHON_TESTS, ROOT, version

# The packages of the environment whose versions matter to the figures.
PACKAGES = ("pyspark", "qdrant-client", "pymilvus", "grpcio", "pyarrow")


def now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())


def describe(environment: Path) -> dict[str, str]:
    """By what is told about each."""
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    java = _said(["java", "-version"]).splitlines()[:1]
    found = {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load when it began": f"{os.getloadavg()[0]:.1f}",
        "vectorfuse": f"{version()}, commit {_said(['git', 'rev-parse', '--short', 'HEAD']).strip()}",
        "rustc": _said(["rustc", "--version"]).strip(),
        "java": java[0] if java else "unknown",
        "spark-fuse": _pinned("requirements-spark-fuse.txt", "spark-fuse"),
        "milvus": _pinned("requirements-milvus.txt", "milvus"),
    }
    for package in PACKAGES:
        folders = list(environment.glob(f"lib/python*/site-packages/{package.replace('-', '_')}-*.dist-info"))
        found[package] = folders[0].name.removesuffix(".dist-info").rpartition("-")[2] if folders else "missing"
    return found


def _pinned(lock: str, package: str) -> str:
    lines = (PYTHON_TESTS / lock).read_text(encoding="utf-8").splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{package}=="))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _said(command: list[str]) -> str:
    said = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return said.stdout.decode(errors="replace")
