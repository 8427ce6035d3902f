"""The fixtures of both suites. What is missing, a server or Spark or the jar, fails: nothing here skips."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from stores.milvus_raw import RawMilvus
from stores.qdrant import TRANSPORT, QdrantServer, register
from stores.qdrant_raw import RawQdrant
from support.connector import Connector
from support.environment import required
from support.names import new_name


@pytest.fixture(scope="session")
def spark() -> SparkSession:
    """The session of the driver that runs this suite."""
    session = SparkSession.builder.getOrCreate()
    expected = required("VECTORFUSE_SPARK")
    if not session.version.startswith(f"{expected}."):
        pytest.exit(f"this is Spark {session.version}, not the {expected} that was asked for", returncode=1)
    return session


# What the tests in `local` that know no store are run on: Qdrant, or Milvus Lite, where a new collection does not cost the
# seconds that Milvus itself takes to load one. The folder `milvus` has both.
STORE = os.environ.get("VECTORFUSE_STORE", "qdrant")


@pytest.fixture(scope="session")
def connector(spark: SparkSession) -> Connector:
    """The data source, bound to the server that all tests share."""
    if STORE == "milvus":
        return Connector(spark, required("VECTORFUSE_MILVUS_LITE_URL"), store="milvus")
    url = required("VECTORFUSE_QDRANT_URL")
    if TRANSPORT == "http":
        register(url, required("VECTORFUSE_QDRANT_REST_URL"))
    return Connector(spark, url, os.environ.get("VECTORFUSE_QDRANT_API_KEY"))


@pytest.fixture(scope="session")
def raw(connector: Connector) -> Iterator[RawQdrant | RawMilvus]:
    """The shared server as it is, without the connector."""
    client = RawMilvus(connector.url) if STORE == "milvus" else RawQdrant(connector.url, connector.api_key)
    yield client
    client.close()


@pytest.fixture(scope="session")
def raw_milvus() -> Iterator[RawMilvus]:
    """The shared Milvus as it is, without the connector."""
    client = RawMilvus(required("VECTORFUSE_MILVUS_URL"), os.environ.get("VECTORFUSE_MILVUS_TOKEN"))
    yield client
    client.close()


@pytest.fixture(scope="session")
def raw_milvus_lite() -> Iterator[RawMilvus]:
    """The shared Milvus Lite as it is, for the types that Milvus 2.3.5 lacks."""
    client = RawMilvus(required("VECTORFUSE_MILVUS_LITE_URL"))
    yield client
    client.close()


@pytest.fixture
def collection(raw: RawQdrant | RawMilvus, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of a collection that does not exist, and will not exist after the test."""
    name = new_name(request)
    yield name
    if name in raw.collections():
        raw.delete(name)


@pytest.fixture
def own_server() -> Iterator[QdrantServer]:
    """A server for tests that end, pause or restart it."""
    with QdrantServer() as server:
        yield server


@pytest.fixture
def own(spark: SparkSession, own_server: QdrantServer) -> Connector:
    """The data source, bound to the test's own server."""
    return Connector(spark, own_server.url)


@pytest.fixture
def look(own_server: QdrantServer) -> Iterator[Callable[[], RawQdrant]]:
    """Connects to the test's own server anew at each call: it may have been restarted since."""
    clients: list[RawQdrant] = []

    def connect() -> RawQdrant:
        clients.append(RawQdrant(own_server.url))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture(scope="session")
def examples() -> Path:
    return Path(__file__).resolve().parents[2] / "examples"


# Variant came with Spark 4: its tests do not exist for Spark 3.5, rather than being skipped there.
collect_ignore_glob = ["local/test_spark4_*.py"] if os.environ.get("VECTORFUSE_SPARK", "").startswith("3.") else []

_COUNTED = pytest.StashKey[dict[str, int]]()


@pytest.fixture(scope="session")
def counted(request: pytest.FixtureRequest) -> dict[str, int]:
    """What the random tests went through; told at the end of the run."""
    return request.config.stash.setdefault(_COUNTED, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    counted = config.stash.get(_COUNTED, {})
    if counted:
        terminalreporter.write_line("random: " + ", ".join(f"{name} {number}" for name, number in counted.items()))
