"""Qdrant as it is, without the connector: the official client's gRPC stubs, to see what was really stored, and to make
collections that VectorFuse did not make."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from qdrant_client import grpc as protocol

SECONDS = 60.0
PAGE = 1000

Id = int | str
Vectors = Sequence[float] | Mapping[str, Sequence[float]] | None


@dataclass(frozen=True)
class Point:
    """One stored point. `vectors` is keyed by name, the unnamed vector by the empty string: a dense vector is a list, a
    multi-vector a list of lists, a sparse one its values by their indices."""

    id: Id
    payload: dict[str, Any]
    vectors: dict[str, Any]


class RawQdrant:
    """A connection to one server."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        scheme, _, address = url.rstrip("/").partition("://")
        if scheme != "http":
            raise ValueError(f"only plain text servers are looked into, not {url}")
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        # Every test server has a new port: a shared subchannel of an earlier one is never wanted.
        self._channel = grpc.insecure_channel(address, options=[*unlimited, ("grpc.use_local_subchannel_pool", 1)])
        self._metadata = [("api-key", api_key)] if api_key else []
        self._collections = protocol.CollectionsStub(self._channel)
        self._points = protocol.PointsStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def collections(self) -> list[str]:
        answer = self._collections.List(protocol.ListCollectionsRequest(), **self._call)
        return [collection.name for collection in answer.collections]

    def create(
        self,
        collection: str,
        vectors: int | Mapping[str, int] | None,
        distance: str = "Dot",
        indexes: Mapping[str, str] | None = None,
        sparse: Iterable[str] = (),
        multi: Mapping[str, int] | None = None,
        datatype: str | None = None,
    ) -> None:
        """Makes a collection: `vectors` is the size of the unnamed vector, or a size for each name, `multi` the same for
        multi-vectors; `indexes` a payload index's type for each field; `datatype` as what dense vectors are kept."""
        request = protocol.CreateCollection(collection_name=collection)
        if isinstance(vectors, int):
            request.vectors_config.params.CopyFrom(_params(vectors, distance, datatype))
        else:
            named = request.vectors_config.params_map
            named.SetInParent()
            for name, size in (vectors or {}).items():
                named.map[name].CopyFrom(_params(size, distance, datatype))
            for name, size in (multi or {}).items():
                named.map[name].CopyFrom(_params(size, distance, datatype))
                named.map[name].multivector_config.comparator = protocol.MultiVectorComparator.MaxSim
        for name in sparse:
            request.sparse_vectors_config.map[name].SetInParent()
        self._collections.Create(request, **self._call)
        self.index(collection, indexes or {})

    def index(self, collection: str, indexes: Mapping[str, str]) -> None:
        """Adds a payload index of a type for each field."""
        for field, kind in indexes.items():
            index = protocol.CreateFieldIndexCollection(
                collection_name=collection,
                wait=True,
                field_name=field,
                field_type=protocol.FieldType.Value(f"FieldType{kind.title()}"),
            )
            self._points.CreateFieldIndex(index, **self._call)

    def delete(self, collection: str) -> None:
        self._collections.Delete(protocol.DeleteCollection(collection_name=collection), **self._call)

    def info(self, collection: str) -> Any:
        """The server's own description."""
        return self._collections.Get(protocol.GetCollectionInfoRequest(collection_name=collection), **self._call).result

    def vector_sizes(self, collection: str) -> dict[str, int]:
        """The size of each vector by its name, the unnamed one by the empty string."""
        config = self.info(collection).config.params.vectors_config
        if config.WhichOneof("config") == "params":
            return {"": config.params.size}
        return {name: params.size for name, params in config.params_map.map.items()}

    def upsert(self, collection: str, points: Iterable[tuple[Id, Mapping[str, Any], Vectors]]) -> None:
        """Stores points and returns when they are applied."""
        structs = [_point(*point) for point in points]
        answer = self._points.Upsert(
            protocol.UpsertPoints(collection_name=collection, wait=True, points=structs), **self._call
        )
        if answer.result.status != protocol.UpdateStatus.Completed:
            raise RuntimeError(f"the upsert was not applied: {answer}")

    def count(self, collection: str) -> int:
        request = protocol.CountPoints(collection_name=collection, exact=True)
        return int(self._points.Count(request, **self._call).result.count)

    def points(self, collection: str) -> Iterator[Point]:
        """Every point, in the server's order."""
        request = protocol.ScrollPoints(collection_name=collection, limit=PAGE)
        request.with_payload.enable = True
        request.with_vectors.enable = True
        while True:
            page = self._points.Scroll(request, **self._call)
            for point in page.result:
                payload = {key: _from_value(value) for key, value in point.payload.items()}
                yield Point(_from_id(point.id), payload, _from_vectors(point.vectors))
            if not page.HasField("next_page_offset"):
                return
            request.offset.CopyFrom(page.next_page_offset)

    @property
    def _call(self) -> dict[str, Any]:
        return {"timeout": SECONDS, "metadata": self._metadata}


def _params(size: int, distance: str, datatype: str | None) -> Any:
    kept = None if datatype is None else protocol.Datatype.Value(datatype)
    return protocol.VectorParams(size=size, distance=protocol.Distance.Value(distance), datatype=kept)


def _point(identifier: Id, payload: Mapping[str, Any], vectors: Vectors) -> Any:
    point = protocol.PointStruct(id=_to_id(identifier))
    for key, value in payload.items():
        point.payload[key].CopyFrom(_to_value(value))
    if isinstance(vectors, Mapping):
        point.vectors.vectors.SetInParent()
        for name, vector in vectors.items():
            point.vectors.vectors.vectors[name].dense.data.extend(vector)
    elif vectors is not None:
        point.vectors.vector.dense.data.extend(vectors)
    return point


def _to_id(identifier: Id) -> Any:
    return protocol.PointId(num=identifier) if isinstance(identifier, int) else protocol.PointId(uuid=identifier)


def _from_id(identifier: Any) -> Id:
    return int(identifier.num) if identifier.WhichOneof("point_id_options") == "num" else str(identifier.uuid)


def _to_value(value: Any) -> Any:
    match value:
        case None:
            return protocol.Value(null_value=0)
        case bool():
            return protocol.Value(bool_value=value)
        case int():
            return protocol.Value(integer_value=value)
        case float():
            return protocol.Value(double_value=value)
        case str():
            return protocol.Value(string_value=value)
        case Mapping():
            result = protocol.Value()
            result.struct_value.SetInParent()
            for key, field in value.items():
                result.struct_value.fields[key].CopyFrom(_to_value(field))
            return result
        case list() | tuple():
            result = protocol.Value()
            result.list_value.SetInParent()
            result.list_value.values.extend(map(_to_value, value))
            return result
    raise TypeError(f"no payload value: {value!r}")


def _from_value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    match kind:
        case "null_value" | None:
            return None
        case "struct_value":
            return {key: _from_value(field) for key, field in value.struct_value.fields.items()}
        case "list_value":
            return [_from_value(element) for element in value.list_value.values]
    return getattr(value, kind)


def _from_vectors(vectors: Any) -> dict[str, Any]:
    kind = vectors.WhichOneof("vectors_options")
    if kind == "vector":
        return {"": _from_vector(vectors.vector)}
    if kind == "vectors":
        return {name: _from_vector(vector) for name, vector in vectors.vectors.vectors.items()}
    return {}


def _from_vector(vector: Any) -> Any:
    match vector.WhichOneof("vector"):
        case "dense":
            return list(vector.dense.data)
        case "sparse":
            return dict(zip(vector.sparse.indices, vector.sparse.values, strict=True))
        case "multi_dense":
            return [list(dense.data) for dense in vector.multi_dense.vectors]
    # Servers before 1.16 answer in fields of the vector itself, which the newer ones keep for them.
    if vector.HasField("indices"):
        return dict(zip(vector.indices.data, vector.data, strict=True))
    if vector.vectors_count > 1:
        size = len(vector.data) // vector.vectors_count
        return [list(vector.data[start : start + size]) for start in range(0, len(vector.data), size)]
    return list(vector.data)
