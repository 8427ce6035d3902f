"""A server that asks for a password and speaks TLS: whom it lets in, and that nothing secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from stores.milvus import PASSWORD, USER, MilvusServer
from stores.qdrant import free_port
from support.connector import VECTOR, Connector
from support.failures import failure_of
from support.names import new_name

QUICK = {"max_retries": 1, "backoff_factor": 0.05}
WRONG = "wrong-7d793037a0760186"


def test_who_is_known_writes_and_reads_in_a_database_of_its_own(
    spark: SparkSession, guarded: MilvusServer, tmp_path: Path
) -> None:
    assert guarded.url.startswith("https://")
    assert guarded.authority is not None
    trust = {"tls_ca": str(guarded.authority)}
    by_token = Connector(spark, guarded.url, store="milvus", more={**trust, "token": f"{USER}:{PASSWORD}"})
    by_token.write(by_token.sql("n as id", VECTOR, rows=10, partitions=2), "known", database="own")
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    pem = guarded.authority.read_text(encoding="utf-8")
    for more in (
        {**trust, "username": USER, "password": PASSWORD},
        {"tls_ca": pem, "username": USER, "password_file": file},
    ):
        assert Connector(spark, guarded.url, store="milvus", more=more).read("known", database="own").count() == 10
    localhost = guarded.url.replace("127.0.0.1", "localhost")
    assert by_token.read("known", url=localhost, database="own").count() == 10
    failure = failure_of(lambda: by_token.read("known").count())
    assert failure.kind == "NOT_FOUND", "it is in another database"


@pytest.mark.parametrize(
    "who",
    [{"token": f"{USER}:{WRONG}"}, {"username": USER, "password": WRONG}, {}],
    ids=["token", "password", "nobody"],
)
def test_who_is_not_known_is_denied(spark: SparkSession, guarded: MilvusServer, who: dict[str, str]) -> None:
    connector = Connector(spark, guarded.url, store="milvus", more={**who, "tls_ca": guarded.authority})
    for failure in (
        failure_of(lambda: connector.read("any").collect()),
        failure_of(lambda: connector.write(connector.sql("n as id", VECTOR), "any")),
    ):
        assert failure.kind == "DENIED", failure
        assert WRONG not in failure.whole


def test_a_password_without_a_user_or_beside_a_token_is_refused(trusting: Connector) -> None:
    for options in ({"token": None, "password": WRONG}, {"username": USER, "password": WRONG}):
        failure = failure_of(lambda options=options: trusting.read("any", **options).collect())
        assert failure.kind == "OPTIONS"
        assert failure.names("password")
        assert WRONG not in failure.whole


def test_a_server_that_is_not_trusted_or_not_there_is_not_talked_to(spark: SparkSession, guarded: MilvusServer) -> None:
    plain = guarded.url.replace("https://", "http://")
    for url, kinds in ((guarded.url, {"UNAVAILABLE", "DENIED", "OPTIONS"}), (plain, {"UNAVAILABLE", "OPTIONS"})):
        connector = Connector(spark, url, store="milvus", more={"token": f"{USER}:{PASSWORD}"})
        failure = failure_of(lambda connector=connector: connector.read("any", **QUICK).collect())
        assert failure.kind in kinds, failure
    nobody = Connector(spark, f"http://127.0.0.1:{free_port()}", store="milvus")
    failure = failure_of(lambda: nobody.read("any", **QUICK).collect())
    assert failure.kind == "UNAVAILABLE"
    assert failure.names(nobody.url.removeprefix("http://"))


def test_a_qdrant_is_recognised(spark: SparkSession, qdrant: Connector) -> None:
    failure = failure_of(lambda: Connector(spark, qdrant.url, store="milvus").read("any", **QUICK).collect())
    assert failure.kind in {"OPTIONS", "UNSUPPORTED"}, failure


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        (
            [VECTOR, "named_struct('indices', array(1L), 'values', array(1F)) as words"],
            {"vector_fields": "vector", "sparse_fields": "words"},
            ("words", "2.3.5"),
        ),
        ([VECTOR, "array(1F) as second"], {"vector_fields": "vector,second"}, ("second", "2.3.5")),
        ([VECTOR], {"vector.vector.datatype": "float16"}, ("vector", "Float16", "2.3.5")),
        ([VECTOR], {"vector.vector.datatype": "bfloat16"}, ("vector", "BFloat16", "2.3.5")),
        ([VECTOR], {"vector.vector.datatype": "int8"}, ("vector", "Int8", "2.3.5")),
    ],
    ids=["sparse", "several", "float16", "bfloat16", "int8"],
)
def test_a_vector_that_an_old_server_lacks_is_refused_before_it_is_sent(
    trusting: Connector,
    request: pytest.FixtureRequest,
    columns: list[str],
    options: dict[str, str],
    words: tuple[str, ...],
) -> None:
    """Milvus 2.3.5 does not survive some of them."""
    name = new_name(request)
    failure = failure_of(lambda: trusting.write(trusting.sql("n as id", *columns), name, **options))
    assert failure.kind == "UNSUPPORTED", failure
    assert failure.names(*words), failure
    assert failure_of(lambda: trusting.read(name).collect()).kind == "NOT_FOUND"


def test_a_null_is_named_where_fields_cannot_be_null(trusting: Connector) -> None:
    data = trusting.sql("n as id", VECTOR, "if(n = 7, null, n) as number", rows=10)
    failure = failure_of(lambda: trusting.write(data, "nulls"))
    assert failure.kind == "DATA"
    assert failure.names("number", "null", "7")
    failure = failure_of(lambda: trusting.write(trusting.sql("n as id", "1L as number"), "nulls", write_mode="partial"))
    assert failure.kind == "UNSUPPORTED"
    assert failure.names("partial", "2.3.5")
