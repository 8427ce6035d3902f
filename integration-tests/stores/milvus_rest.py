"""A gateway that speaks Milvus's RESTful API, version 2, for the tests, and hands each request to a real server over gRPC.

It is our reading of Milvus's sources (internal/distributed/proxy/httpserver: handler_v2.go, utils.go, request_v2.go), not
Milvus: no package that pip installs has that API. Milvus 2.3.5, which it stands before, answers every request, so that what is
stored and what is found is true; the words in between are ours. Of the API it has what VectorFuse asks for.

    python3 -m stores.milvus_rest --to URL [--port N] [--old] [--exit-with-stdin]

in the environment of Milvus Lite, which has the protocol's messages; `stores/milvus.py` starts it. It prints `READY <url>`.
With --old it passes over the consistency of a query, as Milvus before 2.5.12 does.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import grpc
from pymilvus.grpc_gen import common_pb2, milvus_pb2, milvus_pb2_grpc

from stores import milvus_rest_rows

BASE = "/v2/vectordb/"
LARGEST = 1 << 30

# Codes of Milvus's `merr`.
COLLECTION_NOT_FOUND = 100
PARAMETER_INVALID = 1100
ALIAS_NOT_FOUND = 1600
NEED_AUTHENTICATE = 1800
MISSING_PARAMETERS = 1802
INVALID_INSERT_DATA = 1804
UNEXPECTED = 65535
# What codes of before 2.3 become.
OLD_CODES = {4: COLLECTION_NOT_FOUND, 25: 700, 49: 8}


class RefusedError(Exception):
    """An answer that is none."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def checked(answer: Any) -> Any:
    """The answer, if the request was done."""
    status = getattr(answer, "status", answer)
    code, old = status.code, status.error_code
    if code == 0 and old == 0:
        return answer
    # Milvus Lite repeats an old code as a new one.
    code = OLD_CODES.get(old, UNEXPECTED) if code == 0 or (code == old and code < 100) else code
    raise RefusedError(code, status.reason)


class Asked:
    """One request: what it says, and the server that it is handed to."""

    def __init__(self, server: Gateway, body: dict[str, Any], headers: Any) -> None:
        self.body = body
        self.old = server.old
        self.lite = server.lite
        self.stub = server.stub
        self.allow_int64 = headers.get("Accept-Type-Allow-Int64", "false").lower() == "true"
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        self.metadata = [("dbname", self.database)]
        if token:
            self.metadata.append(("authorization", base64.b64encode(token.encode()).decode()))

    @property
    def database(self) -> str:
        return self.body.get("dbName") or "default"

    @property
    def collection(self) -> str:
        name = self.body.get("collectionName")
        if not name:
            raise RefusedError(MISSING_PARAMETERS, "missing required parameters")
        return str(name)

    def ask(self, method: str, request: Any) -> Any:
        return checked(getattr(self.stub, method)(request, metadata=self.metadata))

    def place(self) -> dict[str, str]:
        return {"db_name": self.database, "collection_name": self.collection}

    def description(self) -> Any:
        return self.ask("DescribeCollection", milvus_pb2.DescribeCollectionRequest(**self.place()))

    def level(self) -> dict[str, Any]:
        name = self.body.get("consistencyLevel", "")
        if not name:
            return {"use_default_consistency": True}
        if name not in dict(common_pb2.ConsistencyLevel.items()):
            raise RefusedError(PARAMETER_INVALID, f"parameter:'{name}' is incorrect, please check it")
        return {"consistency_level": common_pb2.ConsistencyLevel.Value(name)}

    def expression(self) -> str:
        text: str = self.body.get("filter", "")
        if not self.lite:
            return text
        # Milvus Lite knows no escapes of letters by their numbers.
        escape = re.compile(r"\\(?:U([0-9a-f]{8})|.)", re.DOTALL)
        return escape.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[0], text)

    # ---- entities -----------------------------------------------------------------------------------------------------------

    def query(self) -> Any:
        self.description()
        level = {"use_default_consistency": True} if self.old else self.level()
        fields = self.body.get("outputFields", ["*"])
        pairs = []
        for name, usual in (("offset", 0), ("limit", 100)):
            number = self.body.get(name, usual)
            if number > 0 and [one.lower().strip() for one in fields] != ["count(*)"]:
                pairs.append(common_pb2.KeyValuePair(key=name, value=str(number)))
        if self.lite and pairs:
            # Milvus begins each page at the least key, Milvus Lite only for an iterator.
            pairs.append(common_pb2.KeyValuePair(key="iterator", value="True"))
        request = milvus_pb2.QueryRequest(
            **self.place(),
            **level,
            expr=self.expression(),
            output_fields=fields,
            partition_names=self.body.get("partitionNames", []),
            query_params=pairs,
        )
        answer = self.ask("Query", request)
        return milvus_rest_rows.rows(answer.fields_data, allow_int64=self.allow_int64)

    def search(self) -> Any:
        level = self.level()
        schema = self.description().schema
        sought = next((field for field in schema.fields if field.name == self.body.get("annsField")), None)
        if sought is None:
            raise RefusedError(1801, f"cannot find a vector field named: {self.body.get('annsField')}")
        parameters = {
            "params": json.dumps(self.body.get("searchParams", {}).get("params", {})),
            "round_decimal": "-1",
            "topk": str(self.body.get("limit", 100)),
            "offset": str(self.body.get("offset", 0)),
            "anns_field": sought.name,
        }
        request = milvus_pb2.SearchRequest(
            **self.place(),
            **level,
            dsl=self.expression(),
            dsl_type=common_pb2.DslType.BoolExprV1,
            output_fields=self.body.get("outputFields", []),
            partition_names=self.body.get("partitionNames", []),
            placeholder_group=milvus_rest_rows.placeholder(sought, self.body["data"]),
            search_params=[common_pb2.KeyValuePair(key=key, value=value) for key, value in parameters.items()],
            nq=len(self.body["data"]),
        )
        results = self.ask("Search", request).results
        primary = next(field.name for field in schema.fields if field.is_primary_key)
        return milvus_rest_rows.found(results, primary, allow_int64=self.allow_int64)

    def insert(self) -> Any:
        return self.write("insert")

    def upsert(self) -> Any:
        return self.write("upsert")

    def write(self, action: str) -> Any:
        schema, given = self.description().schema, self.body.get("data", [])
        try:
            columns = milvus_rest_rows.columns(schema, given, inserts=action == "insert")
        except milvus_rest_rows.BadRowError as error:
            raise RefusedError(INVALID_INSERT_DATA, f"fail to deal the insert data, error: {error}") from None
        kind = milvus_pb2.InsertRequest if action == "insert" else milvus_pb2.UpsertRequest
        partition = self.body.get("partitionName", "")
        request = kind(**self.place(), partition_name=partition, fields_data=columns, num_rows=len(given))
        answer = self.ask(action.capitalize(), request)
        integers = answer.IDs.HasField("int_id")
        ids = list(answer.IDs.int_id.data if integers else answer.IDs.str_id.data)
        ids = ids if self.allow_int64 else [str(one) for one in ids]
        return {f"{action}Count": getattr(answer, f"{action}_cnt"), f"{action}Ids": ids}

    def delete(self) -> Any:
        partition = self.body.get("partitionName", "")
        request = milvus_pb2.DeleteRequest(**self.place(), partition_name=partition, expr=self.expression())
        return {"deleteCount": self.ask("Delete", request).delete_cnt}

    # ---- collections, partitions, indexes, aliases, databases ---------------------------------------------------------------

    def describe_collection(self) -> Any:
        return milvus_rest_rows.described(self.description(), self.indexes())

    def describe_alias(self) -> Any:
        name = self.body["aliasName"]
        try:
            answer = self.ask(
                "DescribeCollection",
                milvus_pb2.DescribeCollectionRequest(db_name=self.database, collection_name=name),
            )
        except RefusedError:
            raise RefusedError(ALIAS_NOT_FOUND, f"alias not found[alias={name}]") from None
        own = answer.schema.name or answer.collection_name
        if own == name:
            raise RefusedError(ALIAS_NOT_FOUND, f"alias not found[alias={name}]")
        return {"dbName": self.database, "collectionName": own, "aliasName": name}

    def indexes(self, name: str = "") -> list[Any]:
        try:
            answer = self.ask("DescribeIndex", milvus_pb2.DescribeIndexRequest(**self.place(), index_name=name))
        except RefusedError as refused:
            if refused.code == OLD_CODES[25]:
                return []
            raise
        return list(answer.index_descriptions)

    def list_indexes(self) -> Any:
        return [one.index_name for one in self.indexes()]

    def describe_index(self) -> Any:
        return [
            {
                "indexName": one.index_name,
                "fieldName": one.field_name,
                "indexType": milvus_rest_rows.parameter(one, "index_type"),
                "metricType": milvus_rest_rows.parameter(one, "metric_type"),
                "indexState": common_pb2.IndexState.Name(one.state),
            }
            for one in self.indexes(self.body["indexName"])
        ]

    def stats(self) -> Any:
        answer = self.ask("GetCollectionStatistics", milvus_pb2.GetCollectionStatisticsRequest(**self.place()))
        return {"rowCount": int(next((pair.value for pair in answer.stats if pair.key == "row_count"), "0"))}

    def load_state(self) -> Any:
        names = self.body.get("partitionNames", [])
        whole = self.ask("GetLoadState", milvus_pb2.GetLoadStateRequest(**self.place())).state
        if whole == common_pb2.LoadState.LoadStateNotExist:
            raise RefusedError(COLLECTION_NOT_FOUND, f"collection not found[collection={self.collection}]")
        if names and whole != common_pb2.LoadState.LoadStateNotLoad:
            whole = self.ask(
                "GetLoadState", milvus_pb2.GetLoadStateRequest(**self.place(), partition_names=names)
            ).state
        return {"loadState": common_pb2.LoadState.Name(whole)}

    def list_collections(self) -> Any:
        return list(
            self.ask("ShowCollections", milvus_pb2.ShowCollectionsRequest(db_name=self.database)).collection_names
        )

    def drop_collection(self) -> Any:
        self.ask("DropCollection", milvus_pb2.DropCollectionRequest(**self.place()))
        return {}

    def list_partitions(self) -> Any:
        return list(self.ask("ShowPartitions", milvus_pb2.ShowPartitionsRequest(**self.place())).partition_names)

    def create_partition(self) -> Any:
        partition = self.body["partitionName"]
        self.ask("CreatePartition", milvus_pb2.CreatePartitionRequest(**self.place(), partition_name=partition))
        return {}

    def list_databases(self) -> Any:
        return list(self.ask("ListDatabases", milvus_pb2.ListDatabasesRequest()).db_names)


ACTIONS: dict[str, Callable[[Asked], Any]] = {
    "entities/query": Asked.query,
    "entities/search": Asked.search,
    "entities/insert": Asked.insert,
    "entities/upsert": Asked.upsert,
    "entities/delete": Asked.delete,
    "collections/describe": Asked.describe_collection,
    "collections/get_stats": Asked.stats,
    "collections/get_load_state": Asked.load_state,
    "collections/list": Asked.list_collections,
    "collections/drop": Asked.drop_collection,
    "partitions/list": Asked.list_partitions,
    "partitions/create": Asked.create_partition,
    "indexes/list": Asked.list_indexes,
    "indexes/describe": Asked.describe_index,
    "aliases/describe": Asked.describe_alias,
    "databases/list": Asked.list_databases,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer is written in two pieces, and must not wait for the first to be acknowledged.
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        action = ACTIONS.get(self.path.removeprefix(BASE)) if self.path.startswith(BASE) else None
        if action is None:
            self._answer(404, b"404 page not found", "text/plain")
            return
        server = self.server
        assert isinstance(server, Gateway)
        status, said = 200, {"code": 0}
        try:
            said["data"] = action(Asked(server, json.loads(body), self.headers))
        except RefusedError as refused:
            status, said = refused.status, {"code": refused.code, "message": str(refused)}
        except grpc.RpcError as error:
            status, said = _fault(error)
        self._answer(status, json.dumps(said, ensure_ascii=False, allow_nan=False).encode(), "application/json")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: Any) -> None:  # noqa: A002
        """Nobody reads a line for each request."""


def _fault(error: Any) -> tuple[int, dict[str, Any]]:
    if error.code() == grpc.StatusCode.UNAUTHENTICATED:
        return 401, {"code": NEED_AUTHENTICATE, "message": "user hasn't authenticated"}
    return 200, {"code": UNEXPECTED, "message": error.details()}


class Gateway(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, url: str, *, old: bool) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.old = old
        size = [("grpc.max_send_message_length", LARGEST), ("grpc.max_receive_message_length", LARGEST)]
        self.stub = milvus_pb2_grpc.MilvusServiceStub(grpc.insecure_channel(urlsplit(url).netloc, size))
        # One that asks for a password tells nobody else; Milvus Lite asks for none.
        try:
            said = self.stub.GetVersion(milvus_pb2.GetVersionRequest(), wait_for_ready=True, timeout=60)
            self.lite = said.version.startswith("milvus_lite")
        except grpc.RpcError:
            self.lite = False


def _end_with_stdin() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m stores.milvus_rest")
    parser.add_argument("--to", required=True, help="the url of the server")
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--old", action="store_true", help="passes over the consistency of a query")
    parser.add_argument("--exit-with-stdin", action="store_true", help="ends when the standard input does")
    arguments = parser.parse_args()
    gateway = Gateway(arguments.port, arguments.to, old=arguments.old)
    if arguments.exit_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    print(f"READY http://127.0.0.1:{gateway.server_address[1]}", flush=True)
    gateway.serve_forever()


if __name__ == "__main__":
    main()
