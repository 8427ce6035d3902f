"""The server that costs nothing, as a process: rust/vectorfuse-bench, in front of a real server that has the collections."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any

from stores.server_process import ServerProcess

# What its own small calls take is nothing; a dead server should not hang the bench.
SECONDS = 60.0


class FrontServer(ServerProcess):
    """In front of the server that answers at these urls."""

    ready = re.compile(rb"READY (http://\S+)\s")

    def __init__(self, binary: Path, *, grpc: str | None, rest: str | None, log: Path | None = None) -> None:
        super().__init__("front", log)
        self._arguments = [str(binary), "front"]
        self._arguments += ["--grpc", grpc] if grpc else []
        self._arguments += ["--rest", rest] if rest else []

    def _command(self, data: Path) -> list[str]:  # noqa: ARG002 - it keeps nothing
        return self._arguments

    def _is_ready(self, said: re.Match[bytes]) -> None:
        self.url = said[1].decode()


class Front:
    """What the bench says to it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self, rows: int = 0, *, learns: bool = False, passes: bool = False) -> None:
        """From now on counts anew. Reads find `rows` rows. With `learns`, the next write is what reads replay; with
        `passes`, everything goes to the server behind, and is counted all the same."""
        self._ask(f"reset?rows={rows}&learns={int(learns)}&passes={int(passes)}")

    def tally(self) -> dict[str, int]:
        """Bulk requests since the reset, and their bytes."""
        return self._ask("tally")

    def save(self, file: Path) -> None:
        """Writes the bulk requests since the reset to a file, as many as were kept."""
        self._ask("save", str(file).encode())

    def _ask(self, command: str, body: bytes = b"") -> dict[str, Any]:
        request = urllib.request.Request(f"{self.url}/bench/{command}", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.load(answer)
