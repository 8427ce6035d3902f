"""The Milvus servers that the tests of the connector stand on: what they keep, whom they let in, and what a kill leaves."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from pymilvus import MilvusException

from stores.certificates import make_certificate
from stores.milvus import PASSWORD, USER, MilvusLiteServer, MilvusServer
from stores.milvus_raw import RawMilvus, field

ID = field("id", "INT64", is_primary=True)
TEXT = field("text", "VARCHAR", max_length=20)
VECTOR = field("vector", "FLOAT_VECTOR", dim=2)
TOKEN = f"{USER}:{PASSWORD}"

# More than a server gives at once.
MANY = 20_000

# A killed Milvus loads its collections by itself, once the leases of its former process have run out.
LOADED_SECONDS = 60.0


def rows(count: int) -> list[dict[str, object]]:
    return [{"id": n - 5, "text": f"text {n}", "vector": [float(n), 0.5], "more": n} for n in range(count)]


def keeps_many_rows(raw: RawMilvus) -> None:
    name = f"vf_{uuid.uuid4().hex}"
    raw.create(name, [ID, TEXT, VECTOR], dynamic=True)
    try:
        written = rows(MANY)
        raw.insert(name, written)
        assert raw.count(name) == MANY
        assert list(raw.rows(name)) == written
        assert [row["id"] for row in raw.rows(name, "more >= 19998")] == [19_993, 19_994]
    finally:
        raw.delete(name)
    assert name not in raw.collections()


def test_the_shared_milvus_gives_back_every_row_it_was_given(raw_milvus: RawMilvus) -> None:
    keeps_many_rows(raw_milvus)


def test_the_shared_milvus_lite_gives_back_every_row_it_was_given(raw_milvus_lite: RawMilvus) -> None:
    keeps_many_rows(raw_milvus_lite)


@pytest.mark.parametrize("server_of", [MilvusServer, MilvusLiteServer])
def test_a_killed_server_comes_back_on_its_port_with_every_row(
    server_of: Callable[[], MilvusServer | MilvusLiteServer],
) -> None:
    with server_of() as server:
        url = server.url
        before = RawMilvus(url)
        before.create("kept", [ID, TEXT, VECTOR], dynamic=True)
        before.insert("kept", rows(100))
        before.close()
        server.kill()
        server.start()
        assert server.url == url
        after = RawMilvus(url)
        after.client.load_collection("kept")
        assert count_when_loaded(after, "kept") == 100
        after.close()


def count_when_loaded(raw: RawMilvus, name: str) -> int:
    give_up = time.monotonic() + LOADED_SECONDS
    while True:
        try:
            return raw.count(name)
        except MilvusException:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)


def test_a_guarded_milvus_lets_in_who_has_a_certificate_and_the_password(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "tls")
    trusting = {"ca_pem_path": str(certificate.authority), "server_name": "localhost", "secure": True}
    known = {
        **trusting,
        "client_pem_path": str(certificate.client_certificate),
        "client_key_path": str(certificate.client_key),
    }
    with MilvusServer(auth=True, certificate=certificate, client_certificates=True) as server:
        assert server.url.startswith("https://")
        raw = RawMilvus(server.url, TOKEN, **known)
        assert raw.collections() == []
        raw.close()
        with pytest.raises(MilvusException):
            RawMilvus(server.url, f"{USER}:wrong", **known)
        with pytest.raises(MilvusException):
            RawMilvus(server.url, **known)
        stranger = {**trusting, "server_pem_path": trusting["ca_pem_path"]}
        with pytest.raises(MilvusException):
            RawMilvus(server.url, TOKEN, **stranger)


def test_a_paused_milvus_answers_when_it_goes_on() -> None:
    with MilvusServer() as server:
        raw = RawMilvus(server.url)
        server.pause()
        with pytest.raises(grpc.RpcError) as refused:
            raw.client.list_collections(timeout=1)
        assert refused.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        server.resume()
        assert raw.collections() == []
        raw.close()
