"""Runs everything and writes docs/benchmarks/: what the Makefile's `bench` calls."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import cases, machine, report
from bench.front import FrontServer
from setup.build import build, needs_own_milvus, needs_own_qdrant, product_environment
from setup.environments import milvus_environment, spark_environment
from setup.places import CACHE, CARGO_TARGET, LOGS, PYTHON_TESTS, QDRANT_SERVER_BINARY, ROOT
from setup.spark import clean_environment, submit_command, temporary
from setup.steps import Step, StepError, main, run, say
from stores.milvus import MilvusServer
from stores.qdrant import QdrantServer

# The name of the environment, which has a Spark, the peers and what draws the plot.
SPARK = "bench"
# All of it is resident from the start, so that what a process takes beyond it is seen to the megabyte.
HEAP = "2g"
JAVA_OPTIONS = f"-Xms{HEAP} -XX:+AlwaysPreTouch"
# The JVM keeps account of what it takes itself; it costs time, and so it is for measuring memory alone.
ACCOUNT = "-XX:NativeMemoryTracking=summary"
# The first version that cuts a collection into slices itself: nothing is drawn at random then.
QDRANT_VERSION = "1.19.0"
ENGINE_ROWS = 200_000
STARTS = 5


class Bench:
    """One run."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vectorfuse-bench-")))
        self.environment = spark_environment(SPARK)
        self.fuse = fuse()
        self.binary = CARGO_TARGET / "release" / "vectorfuse-bench"
        run(
            Step(
                "Building what VectorFuse is measured against",
                ["cargo", "build", "--release", "--locked", "-p", "vectorfuse-bench"],
                "build-bench",
                environment=product_environment(),
            )
        )
        self.jar = build(server=needs_own_qdrant(), profile="release")
        self.urls: dict[str, str] = {}
        self.fronts: dict[str, str] = {}

    def start(self, store: str) -> str:
        """A real server with the server that costs nothing in front of it; the url of the latter."""
        if store in self.fronts:
            return self.fronts[store]
        rest = None
        if store == "qdrant" and needs_own_qdrant():
            log = LOGS / "bench-qdrant-server.log"
            server = self._stack.enter_context(QdrantServer(QDRANT_SERVER_BINARY, version=QDRANT_VERSION, log=log))
            self.urls[store], rest = server.url, server.rest_url
        elif store == "qdrant":
            self.urls[store], rest = os.environ["VECTORFUSE_QDRANT_URL"], os.environ.get("VECTORFUSE_QDRANT_REST_URL")
        elif needs_own_milvus():
            milvus_environment()
            self.urls[store] = self._stack.enter_context(MilvusServer(log=LOGS / "bench-milvus.log")).url
        else:
            self.urls[store] = os.environ["VECTORFUSE_MILVUS_URL"]
        front = FrontServer(self.binary, grpc=self.urls[store], rest=rest, log=LOGS / f"bench-front-{store}.log")
        self.fronts[store] = self._stack.enter_context(front).url
        return self.fronts[store]

    def job(self, name: str, what: str, tasks: int, plan: dict[str, Any], java_options: str = "") -> Any:
        """The result of a Spark job of its own process."""
        plan_file, result_file = self._folder / "plan.json", self._folder / "result.json"
        plan_file.write_text(json.dumps(plan), encoding="utf-8")
        scratch = temporary(SPARK, "bench")
        settings = {
            "spark.driver.memory": HEAP,
            "spark.driver.extraJavaOptions": f"{JAVA_OPTIONS} {java_options}",
            # What Spark would find out while a query runs is settled here: the less a job costs by itself, the more is seen.
            "spark.sql.adaptive.enabled": "false",
            "spark.local.dir": str(scratch),
            "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        }
        command = submit_command(
            SPARK,
            ROOT / "bench" / f"{name}.py",
            [plan_file, result_file],
            jar=self.jar,
            master=f"local[{tasks}]",
            settings=settings,
        )
        path = os.pathsep.join(str(folder) for folder in (ROOT, ROOT / "integration-tests", self.fuse) if folder)
        environment = clean_environment(self.environment, {"PYTHONPATH": path})
        run(Step(what, command, f"bench-{name}", environment=environment, inherits=False))
        return json.loads(result_file.read_text(encoding="utf-8"))

    def cases(self) -> list[dict[str, Any]]:
        chosen = [case for case in cases.CASES if cases.is_chosen(case.name)]
        records = []
        for tasks in sorted({case.tasks for case in chosen}):
            those = [case for case in chosen if case.tasks == tasks]
            plan = {
                "cases": [case.to_json() for case in those],
                "fronts": {store: self.start(store) for store in sorted({case.store for case in those})},
                "binary": str(self.binary),
                "rounds": cases.ROUNDS,
                "fuse": self.fuse is not None,
            }
            what = f"Measuring {len(those)} cases of {tasks} task(s), {cases.ROUNDS} rounds"
            records += self.job("job_cases", what, tasks, plan)
        return records

    def growth(self) -> list[dict[str, Any]]:
        results = []
        for store in ("qdrant", "milvus"):
            plan = {"store": store, "front": self.start(store), "rows": cases.ROWS // 50, "dimensions": 384}
            grown = self.job("job_growth", f"Measuring growth on {store}", 1, plan, ACCOUNT)
            results.append({"store": store, **grown})
        return results

    def startup(self) -> list[dict[str, float]]:
        file = self._folder / "text"
        file.write_text("a line\n", encoding="utf-8")
        plan = {"front": self.start("qdrant"), "dimensions": 384, "file": str(file)}
        self.job("job_startup", "Making a collection to open", 1, {**plan, "creates": True})
        one = {**plan, "creates": False}
        return [self.job("job_startup", f"Measuring the start, {n + 1} of {STARTS}", 1, one) for n in range(STARTS)]

    def engine(self) -> list[dict[str, Any]]:
        """On real engines alone: the test server holds Qdrant's engine in a build that is quick to make and slow to run."""
        stores = ["milvus"] if needs_own_qdrant() else ["milvus", "qdrant"]
        records = []
        for store in stores:
            plan = {
                "store": store,
                "front": self.start(store),
                "url": self.urls[store],
                "binary": str(self.binary),
                "rows": ENGINE_ROWS,
                "rounds": cases.ROUNDS,
                "dimensions": 384,
            }
            records += self.job("job_engine", f"Measuring a real engine: {store}", 2, plan)
        return records


def fuse() -> Path | None:
    """Where spark-fuse is; None if it can't be installed, which the report then says."""
    folder, lock = CACHE / "spark-fuse", PYTHON_TESTS / "requirements-spark-fuse.txt"
    stamp = folder / lock.name
    if stamp.is_file() and stamp.read_bytes() == lock.read_bytes():
        return folder
    pip = [spark_environment(SPARK) / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install"]
    command = [*pip, "--no-deps", "--no-input", "--upgrade", "--target", folder, "--requirement", lock]
    try:
        run(Step("Installing spark-fuse", command, "environment-spark-fuse"))
    except StepError:
        return None
    stamp.write_bytes(lock.read_bytes())
    return folder


def bench() -> int:
    begin = machine.now()
    with ExitStack() as stack:
        this = Bench(stack)
        results: dict[str, Any] = {"machine": machine.describe(this.environment), "begin": begin}
        results["has_spark_fuse"] = this.fuse is not None
        results["jar_bytes"] = this.jar.stat().st_size
        results["cases"] = []
        # The start first, while no server has anything else to do.
        parts = {"startup": this.startup, "cases": this.cases, "engine": this.engine, "growth": this.growth}
        for what, measure in parts.items():
            if what == "cases" or cases.is_chosen(what):
                results[what] = measure()
            # What was measured is kept, whatever comes after it.
            report.write({**results, "end": machine.now()})
        results["end"] = machine.now()
        report.write(results)
        report.draw(this.environment)
    say(report.goals_text(results))
    return 0


if __name__ == "__main__":
    main(bench)
