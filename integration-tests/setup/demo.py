"""`make demo`: builds the jar and the test server, and runs examples/quickstart.py on the newest Spark."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

from setup.build import build, needs_own_qdrant
from setup.environments import spark_environment
from setup.places import LOGS, QDRANT_SERVER_BINARY, ROOT
from setup.spark import clean_environment, submit_command, temporary
from setup.steps import main, say, show_log
from stores.qdrant import QdrantServer

SPARK = "4"
COLLECTION = "vectorfuse_quickstart"


def demo() -> int:
    environment = spark_environment(SPARK)
    jar = build(server=needs_own_qdrant())
    with ExitStack() as stack:
        if needs_own_qdrant():
            LOGS.mkdir(parents=True, exist_ok=True)
            url = stack.enter_context(QdrantServer(QDRANT_SERVER_BINARY, log=LOGS / "demo-qdrant-server.log")).url
            say(f"Started the test server: Qdrant's engine, on {url}")
        else:
            url = os.environ["VECTORFUSE_QDRANT_URL"]
            say(f"Using the Qdrant at {url}")
        return quickstart(environment, jar, url)


def quickstart(environment: Path, jar: Path, url: str) -> int:
    scratch = temporary(SPARK, "demo")
    script = ROOT / "examples" / "quickstart.py"
    settings = {"spark.local.dir": str(scratch), "spark.sql.warehouse.dir": str(scratch / "warehouse")}
    command = submit_command(SPARK, script, [url, COLLECTION], jar=jar, master="local[2]", settings=settings)
    say(f"spark-submit --jars {jar.name} examples/quickstart.py {url} {COLLECTION}\n")
    log = LOGS / "demo-spark.log"
    with log.open("wb") as errors:
        # Spark's own log goes to a file; what the example prints is what the person came for.
        code = subprocess.run(
            command,
            env=clean_environment(environment),
            stdin=subprocess.DEVNULL,
            stderr=errors,
            check=False,
        ).returncode
    if code:
        show_log(log)
        say(f"The demo failed with exit code {code}.")
    return code


if __name__ == "__main__":
    main(demo)
