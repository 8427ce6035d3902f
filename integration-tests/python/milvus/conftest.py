"""Milvus, as the tests of this folder see it: the real server, and Milvus Lite for what Milvus 2.3.5 lacks. To make a
collection takes the real one three seconds, so a test makes few."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from stores.certificates import make_certificate
from stores.milvus import PASSWORD, USER, MilvusServer
from stores.milvus_raw import RawMilvus
from support.connector import Connector
from support.environment import required
from support.names import new_name


@pytest.fixture(scope="session")
def connector(spark: SparkSession) -> Connector:
    """The data source, bound to the shared Milvus."""
    known = {"token": os.environ.get("VECTORFUSE_MILVUS_TOKEN")}
    return Connector(spark, required("VECTORFUSE_MILVUS_URL"), store="milvus", more=known)


@pytest.fixture(scope="session")
def raw(raw_milvus: RawMilvus) -> RawMilvus:
    return raw_milvus


@pytest.fixture(scope="session")
def lite(spark: SparkSession) -> Connector:
    """The data source, bound to the shared Milvus Lite."""
    return Connector(spark, required("VECTORFUSE_MILVUS_LITE_URL"), store="milvus")


@pytest.fixture(scope="session")
def qdrant(spark: SparkSession) -> Connector:
    """The data source, bound to the shared Qdrant."""
    return Connector(spark, required("VECTORFUSE_QDRANT_URL"), os.environ.get("VECTORFUSE_QDRANT_API_KEY"))


@pytest.fixture
def lite_collection(raw_milvus_lite: RawMilvus, request: pytest.FixtureRequest) -> Iterator[str]:
    """As `collection`, on Milvus Lite."""
    name = new_name(request)
    yield name
    if name in raw_milvus_lite.collections():
        raw_milvus_lite.delete(name)


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """A Milvus 2.3.5, whatever the shared one is, that asks for a password and speaks TLS."""
    certificate = make_certificate(tmp_path_factory.mktemp("tls"))
    with MilvusServer(auth=True, certificate=certificate) as server:
        yield server


@pytest.fixture(scope="session")
def trusting(spark: SparkSession, guarded: MilvusServer) -> Connector:
    """The data source, bound to that server and let in."""
    known = {"token": f"{USER}:{PASSWORD}", "tls_ca": guarded.authority}
    return Connector(spark, guarded.url, store="milvus", more=known)
