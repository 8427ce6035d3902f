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


@dataclass(frozen=True)
class Ticks:
    """CPU time of a process, in ticks of the kernel."""

    own: int = 0
    ended: int = 0
    """Of its children that have ended, where it was told."""


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
        begin, before = time.monotonic(), self._ticks()
        job()
        seconds, cpu = time.monotonic() - begin, _spent(before, self._ticks()) / _TICKS
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

    def _ticks(self) -> dict[int, Ticks]:
        """Of the JVM and of its children, by their pids."""
        ticks: dict[int, Ticks] = {}
        children: dict[int, list[int]] = {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit() and folder.name != str(os.getpid()) and (fields := _stat(folder)):
                pid = int(folder.name)
                own, ended = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
                ticks[pid] = Ticks(own, ended)
                children.setdefault(int(fields[1]), []).append(pid)
        counted, found = [self._pid], {}
        while counted:
            pid = counted.pop()
            found[pid] = ticks[pid]
            counted += children.get(pid, [])
        return found


def _spent(before: dict[int, Ticks], after: dict[int, Ticks]) -> int:
    """The ticks between the two. A Python worker that was idle for a minute ends, and its parent may or may not be told what it
    took: what it took before is no part of this."""
    own = sum(ticks.own - before.get(pid, Ticks()).own for pid, ticks in after.items())
    ended = sum(ticks.ended - before.get(pid, Ticks()).ended for pid, ticks in after.items())
    gone = sum(ticks.own + ticks.ended for pid, ticks in before.items() if pid not in after)
    return own + max(ended - gone, 0)


def _stat(folder: Path) -> list[str]:
    """The fields after the process's name, which stands in brackets and can hold anything; none if it has ended."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
