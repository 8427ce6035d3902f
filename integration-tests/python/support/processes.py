"""Processes of this machine, found by who started whom: a test ends exactly the one that it means."""

from __future__ import annotations

from pathlib import Path


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            status = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it ended meanwhile
            continue
        # The name before the last parenthesis can hold anything; the state and the parent's pid come after it.
        state, parent = status.rpartition(")")[2].split()[:2]
        if int(parent) == pid and state != "Z":
            found.append(int(folder.name))
    return sorted(found)


def executors(worker: int) -> list[int]:
    """The executors that a worker of a standalone cluster has started."""
    return [child for child in children(worker) if "CoarseGrainedExecutorBackend" in command_line(child)]


def command_line(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""
