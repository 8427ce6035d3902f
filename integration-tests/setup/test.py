"""`make test`: every test there is, or the parts that are named. One failing part does not hide the others."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from setup import results
from setup.build import (
    FAULTS,
    GRADLE,
    build,
    needs_own_milvus,
    needs_own_qdrant,
    product_environment,
    qdrant_server_environment,
)
from setup.cluster import Cluster
from setup.environments import milvus_environment, milvus_lite_environment, spark_environment
from setup.places import LOGS, PYTHON_TESTS, QDRANT_SERVER, QDRANT_SERVER_BINARY, ROOT, SPARKS, environment_of_spark
from setup.results import Outcome
from setup.spark import clean_environment, submit_command, temporary
from setup.steps import Step, main, run, say, seconds, show_log
from stores.milvus import MilvusLiteServer, MilvusRest, MilvusServer
from stores.qdrant import QdrantServer

PARTS = (
    "rust",
    "server",
    "java",
    *(f"spark-{spark}" for spark in SPARKS),
    *(f"http-{spark}" for spark in SPARKS),
    *(f"milvus-{spark}" for spark in SPARKS),
    *(f"cluster-{spark}" for spark in SPARKS),
)

# What runs a second time over HTTP: where what travels, or how, could make a difference. All else is the same code.
OVER_HTTP = [
    f"local/test_{module}.py"
    for module in ("bad_servers", "ids", "modes", "outages", "random_data", "reads", "types", "vectors")
]

# What runs on Milvus: its own tests, and those of the others that know no store.
ON_MILVUS = [
    "milvus",
    "local/test_swap.py",
    "local/test_task_attempts.py",
    *(
        f"local/test_{test}"
        for test in (
            "bad_rows.py::test_a_vector_that_cannot_be_one_is_named",
            "examples.py::test_the_quickstart_finds_no_difference",
            "modes.py::test_append_keeps_what_is_there_and_replaces_what_comes_again",
            "modes.py::test_many_rows_in_small_batches_arrive_once_each",
            "modes.py::test_overwrite_by_an_empty_dataframe_empties_the_collection",
            "modes.py::test_overwrite_replaces_every_row",
            "reads.py::test_a_number_of_splits_that_is_none_is_refused",
            "reads.py::test_explain_and_print_schema_say_what_is_read",
            "reads.py::test_one_dataframe_can_be_read_twice_and_sees_what_was_written_since",
            "reads.py::test_only_the_columns_asked_for_are_scanned",
            "reads.py::test_sql_reads_a_collection_as_a_view",
            "reads.py::test_with_filters_and_joins_spark_sees_an_ordinary_table",
            "schema_kept.py::test_a_column_that_is_null_in_every_row_keeps_its_type",
            "schema_kept.py::test_a_text_that_is_no_utf_8_is_named",
            "schema_kept.py::test_a_type_that_cannot_be_kept_is_found_at_any_depth",
            "schema_kept.py::test_columns_come_back_in_their_order_with_their_types",
            "types.py::test_a_deeply_nested_value_comes_back",
            "types.py::test_a_map_with_binary_keys_comes_back",
            "types.py::test_timestamps_do_not_depend_on_the_sessions_time_zone",
        )
    ),
]

# Two tasks at once, and tasks that may fail three times as on a cluster: retries are part of what is tested.
LOCAL_MASTER = "local[2,4]"

CLUSTER_SETTINGS = {
    "spark.executor.memory": "600m",
    "spark.executor.cores": "1",
    "spark.cores.max": "2",
    # Speculative copies of slow tasks, sooner than anybody would want them in production.
    "spark.speculation": "true",
    "spark.speculation.interval": "200ms",
    "spark.speculation.multiplier": "2",
    "spark.speculation.quantile": "0.5",
    "spark.speculation.minTaskRuntime": "1s",
    "spark.excludeOnFailure.enabled": "false",
}


def test() -> int:
    begin = time.monotonic()
    parts = sys.argv[1:] or list(PARTS)
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        say(f"no such part of the tests: {', '.join(unknown)}; there are {', '.join(PARTS)}")
        return 2
    with ExitStack() as stack:
        jar = prepare(parts)
        servers = SharedServers(stack)
        outcomes = [run_part(part, jar, servers) for part in parts]
    return summary(outcomes, time.monotonic() - begin)


def prepare(parts: list[str]) -> Path | None:
    """Makes what the parts need; a failure here ends everything, since nothing could be tested."""
    for spark in SPARKS:
        if any(part.endswith(f"-{spark}") for part in parts):
            spark_environment(spark)
    if any(speaks_milvus(part) for part in parts):
        milvus_environment()
        milvus_lite_environment()
    # Even with a Qdrant of the user's: the tests that end their server start one of their own.
    return build(server=True, faults=True)


def speaks_milvus(part: str) -> bool:
    """Whether the part has tests of Milvus: all have, save those of Qdrant's test server and of its REST API."""
    return part != "server" and not part.startswith("http-")


class SharedServers:
    """The servers that all tests share, each started when the first part needs it, and kept until the end."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._qdrant: dict[str, str] = {}
        self._milvus: dict[str, str] = {}

    def told(self, part: str) -> dict[str, str]:
        """What tells a part which servers to use."""
        self._qdrant = self._qdrant or self._start_qdrant()
        if not speaks_milvus(part):
            return self._qdrant
        self._milvus = self._milvus or self._start_milvus()
        return {**self._qdrant, **self._milvus}

    def _start_qdrant(self) -> dict[str, str]:
        told = {"VECTORFUSE_QDRANT_SERVER": str(QDRANT_SERVER_BINARY)}
        if needs_own_qdrant():
            server = self._stack.enter_context(QdrantServer(QDRANT_SERVER_BINARY, log=fresh_log("qdrant-server")))
            told["VECTORFUSE_QDRANT_URL"] = server.url
            told["VECTORFUSE_QDRANT_REST_URL"] = server.rest_url
            say(f"The test server of Qdrant listens on {server.url}")
        else:
            say(f"Using the Qdrant at {os.environ['VECTORFUSE_QDRANT_URL']}")
        return told

    def _start_milvus(self) -> dict[str, str]:
        lite = self._stack.enter_context(MilvusLiteServer(log=fresh_log("milvus-lite")))
        told = {"VECTORFUSE_MILVUS_LITE_URL": lite.url}
        if needs_own_milvus():
            server = self._stack.enter_context(MilvusServer(log=fresh_log("milvus")))
            told["VECTORFUSE_MILVUS_URL"] = server.url
            say(f"Milvus listens on {server.url}, Milvus Lite on {lite.url}")
        else:
            say(f"Using the Milvus at {os.environ['VECTORFUSE_MILVUS_URL']}; Milvus Lite listens on {lite.url}")
        told["VECTORFUSE_MILVUS_REST_URL"] = self._start_rest("milvus", told.get("VECTORFUSE_MILVUS_URL"))
        told["VECTORFUSE_MILVUS_LITE_REST_URL"] = self._start_rest("milvus-lite", lite.url)
        told["VECTORFUSE_MILVUS_OLD_REST_URL"] = self._start_rest("milvus-lite", lite.url, old=True)
        return told

    def _start_rest(self, name: str, url: str | None, *, old: bool = False) -> str:
        """A gateway, also before a Milvus of the user's: its own RESTful API need not be new enough."""
        log = fresh_log(f"{name}-rest{'-old' if old else ''}")
        gateway = MilvusRest(url or os.environ["VECTORFUSE_MILVUS_URL"], old=old, log=log)
        return self._stack.enter_context(gateway).url


def fresh_log(name: str) -> Path:
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    log.unlink(missing_ok=True)
    return log


def run_part(part: str, jar: Path | None, servers: SharedServers) -> Outcome:
    """Runs one part and says at once when it failed."""
    try:
        server = servers.told(part)
    except RuntimeError as failure:
        say(f"A server that the tests share failed: {failure}")
        return Outcome(part, lines=[str(failure).splitlines()[0]]).settle(1)
    if part == "rust":
        step = Step(
            "Testing the Rust crates",
            ["cargo", "test", "--workspace", "--locked", "--no-fail-fast", "--features", "vectorfuse-jni/faults"],
            "test-rust",
        )
        # Most of what these tests do is to wait for Milvus, whose work goes by the second.
        step.environment = {**product_environment(), **server, "RUST_TEST_THREADS": "8"}
        return tested(part, step, results.of_cargo)
    if part == "server":
        command = ["cargo", "test", "--locked", "--no-fail-fast"]
        step = Step("Testing the test server", command, "test-qdrant-server", QDRANT_SERVER)
        step.environment = {**qdrant_server_environment(), **server}
        return tested(part, step, results.of_cargo)
    if part == "java":
        # --continue: one Spark that fails does not hide the others.
        command = [*GRADLE, "-Pprofile=dev", FAULTS, "--continue", "check"]
        step = Step("Testing the shim, and the jar on every Spark from Java", command, "test-java")
        step.environment = {**product_environment(), **server}
        return tested(part, step, results.of_gradle)
    suite, _, spark = part.partition("-")
    if suite == "cluster":
        return cluster_suite(part, spark, jar, server)
    if suite == "http":
        return python_suite(part, spark, OVER_HTTP, LOCAL_MASTER, jar, {**server, "VECTORFUSE_TRANSPORT": "http"})
    if suite == "milvus":
        return python_suite(part, spark, ON_MILVUS, LOCAL_MASTER, jar, {**server, "VECTORFUSE_STORE": "milvus"})
    return python_suite(part, spark, ["local"], LOCAL_MASTER, jar, server)


def cluster_suite(part: str, spark: str, jar: Path | None, server: Mapping[str, str]) -> Outcome:
    logs = LOGS / part
    try:
        with Cluster(spark, logs) as cluster:
            told = {**server, "VECTORFUSE_WORKER_PIDS": ",".join(map(str, cluster.worker_pids))}
            return python_suite(part, spark, ["cluster"], cluster.url, jar, told)
    except RuntimeError as failure:
        say(f"The cluster of Spark {spark} failed: {failure}")
        return Outcome(part, lines=[str(failure).splitlines()[0]]).settle(1)


def python_suite(
    part: str, spark: str, tests: list[str], master: str, jar: Path | None, server: Mapping[str, str]
) -> Outcome:
    suite = part.partition("-")[0]
    scratch = temporary(spark, suite)
    settings = {
        "spark.local.dir": str(scratch / "local"),
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        **(CLUSTER_SETTINGS if suite == "cluster" else {}),
    }
    arguments = [*tests, *shlex.split(os.environ.get("PYTEST_ARGS", ""))]
    command = submit_command(spark, PYTHON_TESTS / "run_suite.py", arguments, jar=jar, master=master, settings=settings)
    where = {"cluster": "on a cluster of two workers", "http": "over HTTP", "milvus": "on Milvus"}.get(suite, "locally")
    environment = clean_environment(
        environment_of_spark(spark), {**server, "VECTORFUSE_SPARK": spark, "VECTORFUSE_JAR": str(jar)}
    )
    step = Step(
        f"Testing from Python on Spark {spark}, {where}", command, f"test-{part}", scratch, environment, inherits=False
    )
    return tested(part, step, results.of_pytest)


def tested(part: str, step: Step, read: Callable[[str, str, int], Outcome]) -> Outcome:
    code = run(step, show_failure=False)
    outcome = read(part, step.log.read_text(encoding="utf-8", errors="replace"), code)
    if outcome.failed:
        show_log(step.log)
    return outcome


def summary(outcomes: list[Outcome], took: float) -> int:
    """Every runner's own words in one block, and the line that people and scripts look for, last."""
    say("")
    say(f"Tests of {ROOT.name}, in {seconds(took)}; logs in {LOGS}")
    for outcome in outcomes:
        say(f"{outcome.part}:")
        for line in outcome.lines:
            say(f"  {line}")
        for line in outcome.failures:
            say(f"  {line}")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    main(test)
