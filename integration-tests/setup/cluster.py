"""A standalone Spark cluster on loopback: a master and two workers, as processes of this one machine.

The workers have two addresses (all of 127/8 is loopback), since Spark never runs a speculative copy of a task on the host
that already runs the task.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

from setup.places import environment_of_spark
from setup.spark import clean_environment

WORKER_HOSTS = ("127.0.0.1", "127.0.0.2")
START_SECONDS = 90.0


class Cluster:
    """Use as a context manager: whatever happens inside, its processes end."""

    def __init__(self, spark: str, logs: Path) -> None:
        self._environment = environment_of_spark(spark)
        self._logs = logs
        self._work = Path(tempfile.mkdtemp(prefix="vectorfuse-cluster-"))
        self._master: subprocess.Popen[bytes] | None = None
        self._workers: list[subprocess.Popen[bytes]] = []
        self.url = ""

    @property
    def worker_pids(self) -> list[int]:
        """The executors are children of these."""
        return [worker.pid for worker in self._workers]

    def __enter__(self) -> Cluster:
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self) -> None:
        master_log = self._logs / "master.log"
        master = self._daemon(
            "org.apache.spark.deploy.master.Master",
            ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"],
            master_log,
            "127.0.0.1",
        )
        self._master = master
        self.url = self._await(master, master_log, r"Starting Spark master at (spark://\S+)", 1)[0]
        for number, host in enumerate(WORKER_HOSTS):
            arguments = ["--host", host, "--port", "0", "--webui-port", "0", "--cores", "1", "--memory", "1g"]
            arguments += ["--work-dir", str(self._work / f"worker-{number}"), self.url]
            log = self._logs / f"worker-{number}.log"
            self._workers.append(self._daemon("org.apache.spark.deploy.worker.Worker", arguments, log, host))
        self._await(master, master_log, r"Registering worker (\S+)", len(WORKER_HOSTS))

    def _daemon(self, daemon: str, arguments: list[str], log: Path, host: str) -> subprocess.Popen[bytes]:
        with log.open("wb") as output:
            # spark-class ends by exec: the process started here becomes the daemon itself, and its pid is the daemon's.
            return subprocess.Popen(
                [str(self._environment / "bin" / "spark-class"), daemon, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=clean_environment(
                    self._environment,
                    {
                        "SPARK_LOCAL_IP": host,
                        "SPARK_DAEMON_MEMORY": "256m",
                        "SPARK_DAEMON_JAVA_OPTS": "-Dspark.master.rest.enabled=false -Dspark.worker.cleanup.enabled=false",
                        "SPARK_LOCAL_DIRS": str(self._work / "scratch"),
                    },
                ),
                start_new_session=True,  # Ctrl-C reaches the runner alone, which then ends the cluster in order
            )

    def _await(self, daemon: subprocess.Popen[bytes], log: Path, pattern: str, count: int) -> list[str]:
        give_up = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up:
            text = log.read_text(encoding="utf-8", errors="replace")
            found = re.findall(pattern, text)
            if len(found) >= count:
                return found
            if daemon.poll() is not None:
                raise RuntimeError(f"a daemon of the cluster ended with {daemon.returncode}; {log}:\n{text}")
            time.sleep(0.1)
        raise RuntimeError(f"the cluster did not come up within {START_SECONDS:.0f} s; see {log}")

    def _stop(self) -> None:
        daemons = [*self._workers, *([self._master] if self._master else [])]
        for daemon in daemons:
            daemon.terminate()
        for daemon in daemons:
            try:
                daemon.wait(timeout=15)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        shutil.rmtree(self._work, ignore_errors=True)
