"""What a job costs, by the kernel's own accounts: the CPU time of the JVM with all its threads and of Spark's Python workers,
and the most memory that the JVM had."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pyspark import SparkContext

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Of one run of a job."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    """The most memory of the JVM's process; its heap is resident from the start and always the same."""
    heap_mib: float
    """The most of the heap that was in use."""
    jvm_mib: float | None
    """What the JVM says it has itself when the job is done: heap, classes, compiled code, compilers, threads. None if it is
    not asked."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class Jvm:
    """The JVM that runs the tasks, seen from the Python driver, which is its child and not counted: it only waits."""

    def __init__(self, context: SparkContext, *, keeps_account: bool = False) -> None:
        """With `keeps_account`, the JVM was started with `-XX:NativeMemoryTracking=summary` and is asked after each job."""
        jvm = context._jvm
        assert jvm is not None
        self._pid = int(jvm.java.lang.ProcessHandle.current().pid())
        factory = jvm.java.lang.management.ManagementFactory
        self._pools = [pool for pool in factory.getMemoryPoolMXBeans() if str(pool.getType()) == "Heap memory"]
        self._system = jvm.java.lang.System
        self._keeps_account = keeps_account
        self._jcmd = str(Path(jvm.java.lang.System.getProperty("java.home")) / "bin" / "jcmd")

    def measure(self, job: Callable[[], Any]) -> Cost:
        """Runs it once."""
        # What earlier jobs left behind is collected on their account.
        self._system.gc()
        for pool in self._pools:
            pool.resetPeakUsage()
        # The kernel's word for: VmHWM begins anew.
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")
        begin, cpu = time.monotonic(), self._cpu_seconds()
        job()
        seconds, cpu = time.monotonic() - begin, self._cpu_seconds() - cpu
        heap = sum(pool.getPeakUsage().getUsed() for pool in self._pools)
        return Cost(seconds, cpu, self.peak_mib(), heap / 2**20, self._jvm_mib() if self._keeps_account else None)

    def peak_mib(self) -> float:
        status = Path(f"/proc/{self._pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def _jvm_mib(self) -> float:
        command = [self._jcmd, str(self._pid), "VM.native_memory", "summary"]
        account = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        total = re.search(r"Total: .*committed=(\d+)KB", account)
        if total is None:
            raise RuntimeError(f"the JVM keeps no account of its memory: {account}")
        return int(total[1]) / 1024

    def _cpu_seconds(self) -> float:
        """Of the JVM, of its children that have ended, and of those that run."""
        ticks: dict[int, int] = {}
        children: dict[int, list[int]] = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and folder.name != str(os.getpid()) and (fields := _stat(folder)):
                pid = int(folder.name)
                ticks[pid] = sum(map(int, fields[11:15]))
                children.setdefault(int(fields[1]), []).append(pid)
        counted, total = [self._pid], 0
        while counted:
            pid = counted.pop()
            total += ticks[pid]
            counted += children.get(pid, [])
        return total / _TICKS


def _stat(folder: Path) -> list[str]:
    """The fields after the process's name, which stands in brackets and can hold anything; none if it has ended."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
