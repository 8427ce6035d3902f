"""The floor: a plain Rust program that sends the requests that a client sent, already encoded, over one connection."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

# A floor that takes longer than this has hung.
SECONDS = 600.0


def send(binary: Path, url: str, requests: Path, count: int, in_flight: int) -> dict[str, float]:
    """Sends so many of them; says how many seconds and CPU seconds that took."""
    command = [binary, "send", "--url", url, "--requests", requests, "--count", count, "--in-flight", in_flight]
    said = subprocess.run([str(part) for part in command], capture_output=True, timeout=SECONDS, check=False)
    if said.returncode:
        raise RuntimeError(f"the floor failed: {said.stderr.decode(errors='replace')}")
    return json.loads(said.stdout)
