"""`make demo`: builds the jar, starts a server, and runs examples/quickstart.py on the newest Spark."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from setup.build import build, needs_own_milvus, needs_own_qdrant
from setup.environments import milvus_environment, spark_environment
from setup.places import LOGS, QDRANT_SERVER_BINARY, ROOT
from setup.spark import clean_environment, submit_command, temporary
from setup.steps import main, say, show_log
from stores.milvus import MilvusServer
from stores.qdrant import QdrantServer

SPARK = "4"
COLLECTION = "vectorfuse_quickstart"


def demo() -> int:
    store = sys.argv[1] if len(sys.argv) > 1 else "qdrant"
    if store not in SERVERS:
        say(f"no such store: STORE={store}; there are {', '.join(SERVERS)}")
        return 2
    environment = spark_environment(SPARK)
    with ExitStack() as stack:
        LOGS.mkdir(parents=True, exist_ok=True)
        jar, url = SERVERS[store](stack)
        return quickstart(environment, jar, url, store)


def qdrant(stack: ExitStack) -> tuple[Path, str]:
    """The jar, and where Qdrant answers."""
    jar = build(server=needs_own_qdrant())
    if not needs_own_qdrant():
        url = os.environ["VECTORFUSE_QDRANT_URL"]
        say(f"Using the Qdrant at {url}")
        return jar, url
    url = stack.enter_context(QdrantServer(QDRANT_SERVER_BINARY, log=LOGS / "demo-qdrant-server.log")).url
    say(f"Started the test server: Qdrant's engine, on {url}")
    return jar, url


def milvus(stack: ExitStack) -> tuple[Path, str]:
    """The jar, and where Milvus answers."""
    if needs_own_milvus():
        milvus_environment()
    jar = build(server=False)
    if not needs_own_milvus():
        url = os.environ["VECTORFUSE_MILVUS_URL"]
        say(f"Using the Milvus at {url}")
        return jar, url
    url = stack.enter_context(MilvusServer(log=LOGS / "demo-milvus.log")).url
    say(f"Started Milvus on {url}")
    return jar, url


SERVERS = {"qdrant": qdrant, "milvus": milvus}


def quickstart(environment: Path, jar: Path, url: str, store: str) -> int:
    scratch = temporary(SPARK, "demo")
    script = ROOT / "examples" / "quickstart.py"
    settings = {"spark.local.dir": str(scratch), "spark.sql.warehouse.dir": str(scratch / "warehouse")}
    command = submit_command(SPARK, script, [url, COLLECTION, store], jar=jar, master="local[2]", settings=settings)
    say(f"spark-submit --jars {jar.name} examples/quickstart.py {url} {COLLECTION} {store}\n")
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
