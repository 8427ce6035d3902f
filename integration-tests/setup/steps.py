"""Runs the steps of a build: one line each, with the time it took; the tools' own output goes to a log that is shown when
the step fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from setup.places import LOGS, ROOT

# A silent CI is taken for a hung one: without a terminal, a long step says every so often where its log is.
HEARTBEAT_SECONDS = 60.0
# A failed step's log is shown whole up to here, else its end: the error stands there.
SHOWN_LINES = 400

_console = threading.Lock()
_started: set[subprocess.Popen[bytes]] = set()


class StepError(Exception):
    """A step ended with an error, and its log has been shown."""


@dataclass
class Step:
    """One command, told in one line."""

    text: str
    command: Sequence[str | Path]
    log_name: str
    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)
    inherits: bool = True
    """Whether `environment` comes on top of this process's own, or is all there is."""

    @property
    def log(self) -> Path:
        return LOGS / f"{self.log_name}.log"


def run(step: Step, *, show_failure: bool = True) -> int:
    """Runs one step and returns its exit code; with `show_failure`, a failure shows the log and ends the whole run."""
    LOGS.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    with step.log.open("wb") as log:
        process = subprocess.Popen(
            [str(part) for part in step.command],
            cwd=step.folder,
            env={**(os.environ if step.inherits else {}), **step.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            # A group of its own: ending a step ends what it started.
            start_new_session=True,
        )
        _started.add(process)
        try:
            code = _wait(process, step, begin)
        finally:
            _end_group(process)
            _started.discard(process)
    took = seconds(time.monotonic() - begin)
    if code == 0:
        say(f"{step.text} … {took}")
        return 0
    say(f"{step.text} … failed after {took}, exit code {code}")
    if show_failure:
        show_log(step.log)
        raise StepError(step.text)
    return code


def run_together(steps: Sequence[Step]) -> None:
    """Runs steps side by side that need nothing of each other. All end before a failure is reported."""
    failures: list[BaseException] = []

    def one(step: Step) -> None:
        try:
            run(step)
        except BaseException as failure:  # carried over to the caller's thread
            failures.append(failure)

    threads = [threading.Thread(target=one, args=(step,), daemon=True) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():  # in slices, so that Ctrl-C is heard
            thread.join(0.2)
    if failures:
        raise failures[0]


def _wait(process: subprocess.Popen[bytes], step: Step, begin: float) -> int:
    terminal = sys.stdout.isatty()
    next_sign = begin + (1.0 if terminal else HEARTBEAT_SECONDS)
    while True:
        try:
            code = process.wait(timeout=0.2)
            if terminal:
                _clear_line()
            return code
        except subprocess.TimeoutExpired:
            now = time.monotonic()
            if now < next_sign:
                continue
            if terminal:
                next_sign = now + 1.0
                width = os.get_terminal_size().columns
                line = f"{step.text} … {seconds(now - begin)}  {_last_line(step.log)}"
                with _console:
                    sys.stdout.write("\r\033[K" + line[: width - 1])
                    sys.stdout.flush()
            else:
                next_sign = now + HEARTBEAT_SECONDS
                say(f"  ({step.text}: {seconds(now - begin)} so far; {_last_line(step.log)})")


def _clear_line() -> None:
    with _console:
        sys.stdout.write("\r\033[K")
        sys.stdout.flush()


def _last_line(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 2000))
        lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1][:120] if lines else "no output yet"


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ends what is left of a step: nothing after a step that ended, all of it after Ctrl-C. Daemons that a tool keeps on
    purpose have left the group by themselves."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        return
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


def show_log(log: Path) -> None:
    """Prints a log, or the end of a long one."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    shown = lines[-SHOWN_LINES:]
    left_out = f" (the last {SHOWN_LINES} of {len(lines)} lines)" if len(lines) > SHOWN_LINES else ""
    with _console:
        print(f"---- {log}{left_out}")
        print("\n".join(shown))
        print("----", flush=True)


def say(text: str) -> None:
    """One line for the person who waits."""
    with _console:
        print(text, flush=True)


def seconds(duration: float) -> str:
    """A duration as people read it."""
    if duration < 9.95:
        return f"{duration:.1f} s"
    if duration < 99.5:
        return f"{duration:.0f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest} s"


def main(body: object) -> None:
    """Runs a command of the Makefile: a failed step ends it without a stack trace, and so does Ctrl-C."""
    # make and CI end a run with SIGTERM: what was started has to end as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        code = body()  # type: ignore[operator]
    except StepError as failure:
        print(f"Failed: {failure}", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        code = 130
    finally:
        for process in list(_started):
            _end_group(process)
    sys.exit(code)
