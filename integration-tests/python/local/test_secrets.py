"""No secret is printed: not in a plan, a log, an event, a message or a task's description."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from setup.spark import clean_environment, submit_command
from stores.qdrant import QdrantServer
from support.connector import VECTOR, Connector

KEY = "vf-key-0e5a1b77c0ffee"
HEADER = "vf-header-5ca1ab1e"


def test_nothing_that_a_driver_prints_or_records_holds_a_secret(tmp_path: Path) -> None:
    """At TRACE: it is what people turn on, and send around, when a job fails."""
    level = "TRACE"
    events = tmp_path / "events"
    events.mkdir()
    settings = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": str(events),
        "spark.eventLog.compress": "false",
        "spark.sql.ui.explainMode": "extended",
        "spark.local.dir": str(tmp_path / "local"),
        "spark.sql.warehouse.dir": str(tmp_path / "warehouse"),
    }
    script = Path(__file__).parents[1] / "support" / "secret_job.py"
    jar = Path(os.environ["VECTORFUSE_JAR"])
    command = submit_command(
        os.environ["VECTORFUSE_SPARK"], script, [level], jar=jar, master="local[2]", settings=settings
    )
    with QdrantServer(api_key=KEY) as server:
        told = {"JOB_URL": server.url, "JOB_KEY": KEY, "JOB_HEADER": HEADER}
        job = subprocess.run(
            command,
            env=clean_environment(Path(sys.prefix), told),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
    said = job.stdout.decode("utf-8", "replace")
    assert job.returncode == 0, said[-5000:]
    assert "the job is done" in said
    recorded = "\n".join(
        file.read_text(encoding="utf-8", errors="replace") for file in events.rglob("*") if file.is_file()
    )
    assert "SparkListenerSQLExecutionStart" in recorded
    for secret in (KEY, HEADER):
        for where, text in (("printed", said), ("recorded", recorded)):
            at = text.find(secret)
            assert at < 0, f"{where} at {level}: …{text[max(0, at - 500) : at + 100]}…"


def test_the_plans_of_a_dataframe_hold_no_secret(spark: SparkSession, collection: str) -> None:
    with QdrantServer(api_key=KEY) as server:
        connector = Connector(spark, server.url, KEY)
        connector.write(connector.sql("n as id", VECTOR, rows=3), collection)
        execution = connector.read(collection).where("id > 1")._jdf.queryExecution()
        plans = [execution.logical(), execution.analyzed(), execution.optimizedPlan(), execution.executedPlan()]
        assert all(KEY not in plan.toString() for plan in plans)
        assert all(KEY not in plan.treeString() for plan in plans)
