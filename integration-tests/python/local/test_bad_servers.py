"""A server that is not there, is another one, or lets nobody in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pyspark.sql import SparkSession

from stores.certificates import make_certificate
from stores.qdrant import QdrantServer, free_port
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.rest_server import rest_server

KEY = "right-key-5d41402abc4b2a76"
QUICK = {"max_retries": 1, "backoff_factor": 0.05}


@pytest.mark.parametrize(("transport", "port"), [("grpc", "6334"), ("http", "6333")])
def test_the_port_of_the_other_transport_is_recognised_and_the_right_one_named(
    connector: Connector, own_server: QdrantServer, collection: str, transport: str, port: str
) -> None:
    with rest_server() as rest:
        # Not by `url`, which the tests bend to the transport of their run.
        other = urlsplit(rest if transport == "grpc" else own_server.url)
        reached = {"url": None, "host": other.hostname, "port": other.port, "transport": transport}
        for failure in (
            failure_of(lambda: connector.read(collection, **reached, **QUICK).collect()),
            failure_of(lambda: connector.write(connector.sql("n as id", VECTOR), collection, **reached, **QUICK)),
        ):
            assert failure.kind == "OPTIONS"
            assert failure.names("REST", "gRPC", port)


def test_where_nobody_listens_the_store_is_unavailable(connector: Connector, collection: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    begin = time.monotonic()
    for failure in (
        failure_of(lambda: connector.read(collection, url=url, **QUICK).collect()),
        failure_of(lambda: connector.write(connector.sql("n as id", VECTOR), collection, url=url, **QUICK)),
    ):
        assert failure.kind == "UNAVAILABLE"
        assert failure.names(url.removeprefix("http://"))
    assert time.monotonic() - begin < 20


def test_a_collection_that_is_missing_is_named(connector: Connector, collection: str) -> None:
    failure = failure_of(lambda: connector.read(collection).collect())
    assert failure.kind == "NOT_FOUND"
    assert failure.names(collection)


@pytest.fixture(scope="module")
def guarded() -> Iterator[QdrantServer]:
    """A server with a key."""
    with QdrantServer(api_key=KEY) as server:
        yield server


@pytest.mark.parametrize("key", ["wrong-key-7d793037a0760186", None])
def test_a_wrong_or_missing_key_is_denied(
    spark: SparkSession, guarded: QdrantServer, collection: str, key: str | None
) -> None:
    connector = Connector(spark, guarded.url, key)
    for failure in (
        failure_of(lambda: connector.read(collection).collect()),
        failure_of(lambda: connector.write(connector.sql("n as id", VECTOR), collection)),
    ):
        assert failure.kind == "DENIED"
        assert key is None or key not in failure.whole


def test_the_right_key_lets_in(spark: SparkSession, guarded: QdrantServer, collection: str, tmp_path: Path) -> None:
    connector = Connector(spark, guarded.url, KEY)
    connector.write(connector.sql("n as id", VECTOR, rows=10, partitions=2), collection)
    assert connector.read(collection).count() == 10
    key_file = tmp_path / "key"
    key_file.write_text(KEY + "\n", encoding="utf-8")
    assert connector.read(collection, api_key=None, api_key_file=str(key_file)).count() == 10


def test_tls_is_spoken_to_a_server_whose_authority_is_trusted(
    spark: SparkSession, collection: str, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path / "tls")
    with QdrantServer(certificate=certificate, api_key=KEY) as server:
        assert server.url.startswith("https://")
        connector = Connector(spark, server.url, KEY)
        trusted = {"tls_ca": str(certificate.authority)}
        connector.write(connector.sql("n as id", VECTOR, rows=10, partitions=2), collection, **trusted)
        assert connector.read(collection, **trusted).count() == 10
        text = certificate.authority.read_text(encoding="utf-8")
        assert connector.read(collection, tls_ca=text).count() == 10, "the option also takes the PEM itself"
        assert connector.read(collection, url=server.url.replace("127.0.0.1", "localhost"), **trusted).count() == 10


def test_a_server_whose_authority_is_not_trusted_is_not_talked_to(
    spark: SparkSession, collection: str, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path / "tls")
    with QdrantServer(certificate=certificate) as server:
        connector = Connector(spark, server.url)
        failure = failure_of(lambda: connector.read(collection, **QUICK).collect())
        assert failure.kind in {"UNAVAILABLE", "DENIED", "OPTIONS"}
        assert failure.names("certificate")


def test_plain_text_to_a_tls_port_fails_with_words(spark: SparkSession, collection: str, tmp_path: Path) -> None:
    with QdrantServer(certificate=make_certificate(tmp_path / "tls")) as server:
        connector = Connector(spark, server.url.replace("https://", "http://"))
        failure = failure_of(lambda: connector.read(collection, **QUICK).collect())
        assert failure.kind in {"UNAVAILABLE", "OPTIONS"}
