"""A server of the tests as a process: started, ended, paused and started again on the same port and folder."""

from __future__ import annotations

import os
import re
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

# In this time a process has stopped that is told to.
PAUSE_SECONDS = 30.0


class ServerProcess(ABC):
    """A server with a data folder of its own, which lives until the context ends."""

    # What it prints when it can be asked, and how long it may take until then.
    ready: re.Pattern[bytes]
    start_seconds = 30.0

    def __init__(self, name: str, log: Path | None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=f"vectorfuse-{name}-"))
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    @abstractmethod
    def _command(self, data: Path) -> list[str]:
        """What starts it on this folder. It has to end when its standard input does, so that it does not outlive the process
        that started it, however that one ends."""

    @abstractmethod
    def _is_ready(self, said: re.Match[bytes]) -> None:
        """Takes the urls out of what it printed, and its ports, for the next start."""

    def _environment(self) -> dict[str, str] | None:
        """Of the process; None for this one's."""
        return None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._remove()

    @property
    def pid(self) -> int:
        """Of the process that a signal has to go to."""
        return self._running().pid

    @property
    def data(self) -> Path:
        """The folder that it keeps everything in."""
        return self._folder / "data"

    def start(self) -> None:
        """Starts, or starts again: on the same port and with the same data."""
        if self._process is not None:
            raise RuntimeError("the server runs already")
        self.data.mkdir(exist_ok=True)
        log = self._log or self._folder / "server.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command(self.data),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=self._environment(),
            )
        self._is_ready(self._await_ready(self._process, log))

    def kill(self) -> None:
        """As a power cut ends it: without a goodbye."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    def pause(self) -> None:
        """Connections stay open and nothing is answered."""
        process = self._running()
        process.send_signal(signal.SIGSTOP)
        # Not before one of its threads has got the signal, for which a busy machine takes its time, do the others stop.
        give_up = time.monotonic() + PAUSE_SECONDS
        while os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG) is None:
            if time.monotonic() > give_up:
                raise RuntimeError(f"the server did not stop within {PAUSE_SECONDS:g} s")
            time.sleep(0.01)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server does not run")
        return self._process

    def _await_ready(self, process: subprocess.Popen[bytes], log: Path) -> re.Match[bytes]:
        assert process.stdout is not None
        said = b""
        give_up = time.monotonic() + self.start_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while time.monotonic() < give_up:
                if not selector.select(timeout=0.2):
                    continue
                chunk = os.read(process.stdout.fileno(), 4096)
                said += chunk
                ready = self.ready.search(said)
                if ready is not None:
                    return ready
                if not chunk:
                    break
        self.kill()
        words = log.read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(
            f"the test server did not get ready: exit code {process.returncode}, it said {said!r} and {words}"
        )

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
