"""Rows of Milvus's RESTful API and columns of its protocol, from one to the other as we read it in Milvus's sources
(internal/distributed/proxy/httpserver/utils.go). See stores/milvus_rest.py."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from pymilvus.grpc_gen import common_pb2, schema_pb2

Type = schema_pb2.DataType
BYTES = {"BinaryVector": ("binary_vector", 1, 8), "Float16Vector": ("float16_vector", 2, 1)}
BYTES |= {"BFloat16Vector": ("bfloat16_vector", 2, 1), "Int8Vector": ("int8_vector", 1, 1)}

SCALARS = {
    "Bool": "bool_data",
    "Int8": "int_data",
    "Int16": "int_data",
    "Int32": "int_data",
    "Int64": "long_data",
    "Float": "float_data",
    "Double": "double_data",
    "VarChar": "string_data",
    "Timestamptz": "string_data",
    "JSON": "json_data",
    "Geometry": "geometry_wkt_data",
    "Array": "array_data",
}

# The names that the members of a list's message have in Go, which writes that message as it is.
LISTS = {
    "bool_data": "BoolData",
    "int_data": "IntData",
    "long_data": "LongData",
    "float_data": "FloatData",
    "double_data": "DoubleData",
    "string_data": "StringData",
}

INTEGERS = {"Int8": 8, "Int16": 16, "Int32": 32, "Int64": 64}


class BadRowError(Exception):
    """A row that cannot be read: code 1804."""


def dim(field: Any) -> int:
    return next((int(pair.value) for pair in field.type_params if pair.key == "dim"), 0)


def float32(value: float) -> float:
    """The number whose text is the shortest that means this 32-bit float, as Go writes it."""
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        if struct.pack("<f", float(text)) == struct.pack("<f", value):
            return float(text)
    return value


# ---- what is written -------------------------------------------------------------------------------------------------------


def columns(schema: Any, rows: Sequence[Mapping[str, Any]], *, inserts: bool) -> list[Any]:
    """The columns of a request's rows."""
    known = {field.name for field in schema.fields}
    for row in rows:
        strangers = [name for name in row if name not in known]
        if strangers and not schema.enable_dynamic_field:
            raise BadRowError("has pass more field without dynamic schema, please check it")
        if strangers:
            raise BadRowError(f"{strangers}: this gateway has no dynamic field, VectorFuse is to refuse it before")
    filled = [_column(field, rows) for field in schema.fields if not (field.autoID and inserts)]
    if schema.enable_dynamic_field:
        filled.append(schema_pb2.FieldData(type=Type.JSON, is_dynamic=True))
        filled[-1].scalars.json_data.data.extend(b"{}" for _ in rows)
    return filled


def _column(field: Any, rows: Sequence[Mapping[str, Any]]) -> Any:
    name, kind = field.name, Type.Name(field.data_type)
    column = schema_pb2.FieldData(type=field.data_type, field_name=name)
    values = [row.get(name) for row in rows]
    if field.nullable or field.HasField("default_value"):
        column.valid_data.extend(value is not None for value in values)
        values = [value for value in values if value is not None]
    if kind == "FloatVector":
        column.vectors.dim = dim(field)
        for value in values:
            if not isinstance(value, list) or len(value) != dim(field):
                raise BadRowError(f"{name}: no vector of {dim(field)} dimensions")
            column.vectors.float_vector.data.extend(value)
    elif kind == "SparseFloatVector":
        column.vectors.sparse_float_vector.contents.extend(_sparse(value) for value in values)
    elif kind in BYTES:
        member, size, packed = BYTES[kind]
        column.vectors.dim = dim(field)
        whole = b"".join(_bytes(value) for value in values)
        if len(whole) != len(values) * dim(field) * size // packed:
            raise BadRowError(f"{name}: no vector of {dim(field)} dimensions")
        setattr(column.vectors, member, whole)
    elif kind == "Array":
        column.scalars.array_data.element_type = field.element_type
        for value in values:
            one = column.scalars.array_data.data.add()
            member = SCALARS[Type.Name(field.element_type)]
            getattr(one, member).data.extend(_scalar(Type.Name(field.element_type), item) for item in value)
            getattr(one, member).SetInParent()
    else:
        data = getattr(column.scalars, SCALARS[kind])
        data.SetInParent()
        try:
            data.data.extend(_scalar(kind, value) for value in values)
        except (TypeError, ValueError) as error:
            raise BadRowError(f"{name}: {error}") from None
    return column


def _scalar(kind: str, value: Any) -> Any:
    if kind == "JSON":
        # A text is taken for the JSON itself, and anything else as it stands.
        return value.encode() if isinstance(value, str) else json.dumps(value).encode()
    if kind in INTEGERS:
        number = int(value) if isinstance(value, str) else value
        bits = INTEGERS[kind] - 1
        if isinstance(number, bool) or not isinstance(number, int) or not -(2**bits) <= number < 2**bits:
            raise BadRowError(f"{value!r} is no {kind}")
        return number
    if kind in ("Float", "Double"):
        return float(value)
    if kind == "Bool":
        return value if isinstance(value, bool) else value == "true"
    # Also for a field that is left out, a text is a text.
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _sparse(value: Any) -> bytes:
    pairs = value if isinstance(value, dict) else json.loads(value)
    ordered = sorted((int(place), number) for place, number in pairs.items())
    return b"".join(struct.pack("<If", place, number) for place, number in ordered)


def _bytes(value: Any) -> bytes:
    """Base64, or for small integers a list."""
    if isinstance(value, list):
        return struct.pack(f"<{len(value)}b", *value)
    return base64.b64decode(value, validate=True)


def placeholder(field: Any, vectors: Sequence[Any]) -> bytes:
    """What is searched for, in the form of the field's kind."""
    kind = Type.Name(field.data_type)
    if kind == "FloatVector":
        values = [struct.pack(f"<{dim(field)}f", *vector) for vector in vectors]
    elif kind == "SparseFloatVector":
        values = [_sparse(vector) for vector in vectors]
    else:
        values = [_bytes(vector) for vector in vectors]
    value = common_pb2.PlaceholderValue(tag="$0", type=field.data_type, values=values)
    return common_pb2.PlaceholderGroup(placeholders=[value]).SerializeToString()


# ---- what is read ----------------------------------------------------------------------------------------------------------


def rows(fields: Sequence[Any], *, allow_int64: bool) -> list[dict[str, Any]]:
    """The rows of an answer's columns. Without `allow_int64` integers of 64 bits are texts."""
    shown = [(field, _values(field, allow_int64)) for field in fields]
    length = len(shown[0][1]) if shown else 0
    found: list[dict[str, Any]] = [{} for _ in range(length)]
    for field, values in shown:
        for row, value in zip(found, values, strict=True):
            if field.is_dynamic:
                # Go reads its numbers as doubles.
                row.update(json.loads(value or "{}", parse_int=float))
            else:
                row[field.field_name] = value
    return found


def _values(field: Any, allow_int64: bool) -> list[Any]:
    held = _held(field, allow_int64)
    if not field.valid_data:
        return held
    if len(held) == len(field.valid_data):
        return [value if valid else None for value, valid in zip(held, field.valid_data, strict=True)]
    left = iter(held)
    return [next(left) if valid else None for valid in field.valid_data]


def _held(field: Any, allow_int64: bool) -> list[Any]:
    if field.WhichOneof("field") == "vectors":
        vectors = field.vectors
        member = vectors.WhichOneof("data")
        if member == "float_vector":
            numbers = [float32(number) for number in vectors.float_vector.data]
            return [numbers[at : at + vectors.dim] for at in range(0, len(numbers), vectors.dim)]
        if member == "sparse_float_vector":
            return [_pairs(content) for content in vectors.sparse_float_vector.contents]
        size = next(vectors.dim * size // packed for name, size, packed in BYTES.values() if name == member)
        whole = getattr(vectors, member)
        return [base64.b64encode(whole[at : at + size]).decode() for at in range(0, len(whole), size)]
    member = field.scalars.WhichOneof("data")
    if member is None:
        return []
    data = getattr(field.scalars, member).data
    if member == "float_data":
        return [float32(number) for number in data]
    if member == "long_data" and not allow_int64:
        return [str(number) for number in data]
    if member == "json_data":
        return [text.decode() for text in data]
    if member == "array_data":
        return [_list(one) for one in data]
    return list(data)


def _pairs(content: bytes) -> dict[str, float]:
    return {str(place): float32(number) for place, number in struct.iter_unpack("<If", content)}


def _list(one: Any) -> dict[str, Any]:
    member = one.WhichOneof("data")
    if member is None:
        return {"Data": None}
    items = list(getattr(one, member).data)
    items = [float32(item) for item in items] if member == "float_data" else items
    # An empty list is left out.
    return {"Data": {LISTS[member]: {"data": items} if items else {}}}


def found(results: Any, primary: str, *, allow_int64: bool) -> list[dict[str, Any]]:
    """The rows of a search: the key and the distance stand in the places of fields of their names."""
    ids: Sequence[Any] = results.ids.int_id.data if results.ids.HasField("int_id") else results.ids.str_id.data
    fields = rows(results.fields_data, allow_int64=allow_int64) or [{} for _ in ids]
    for row, key, score in zip(fields, ids, results.scores, strict=True):
        row[primary] = str(key) if isinstance(key, int) and not allow_int64 else key
        row["distance"] = float32(score)
    return fields


def described(answer: Any, indexes: Sequence[Any]) -> dict[str, Any]:
    """A collection in words."""
    vectors = [field.name for field in answer.schema.fields if field.data_type >= Type.BinaryVector]
    return {
        # As the protocol has it: an alias, if one was asked for.
        "collectionName": answer.collection_name,
        "collectionID": answer.collectionID,
        "description": answer.schema.description,
        "autoId": any(field.autoID for field in answer.schema.fields),
        "fields": [_field(field) for field in answer.schema.fields if not field.is_dynamic],
        "aliases": list(answer.aliases),
        # Only those of the first vector.
        "indexes": [
            {"indexName": one.index_name, "fieldName": one.field_name, "metricType": parameter(one, "metric_type")}
            for one in indexes
            if one.field_name in vectors[:1]
        ],
        "shardsNum": answer.shards_num,
        "partitionsNum": answer.num_partitions,
        "consistencyLevel": common_pb2.ConsistencyLevel.Name(answer.consistency_level),
        "enableDynamicField": answer.schema.enable_dynamic_field,
        "properties": [{"key": pair.key, "value": pair.value} for pair in answer.properties],
    }


def parameter(index: Any, name: str) -> str:
    return next((pair.value for pair in index.params if pair.key == name), "")


def _field(field: Any) -> dict[str, Any]:
    detail = {
        "id": field.fieldID,
        "name": field.name,
        "type": Type.Name(field.data_type),
        "primaryKey": field.is_primary_key,
        "partitionKey": field.is_partition_key,
        "clusteringKey": field.is_clustering_key,
        "autoId": field.autoID,
        "description": field.description,
        "nullable": field.nullable,
    }
    if field.HasField("default_value"):
        detail["defaultValue"] = {"Data": {}}
    if field.type_params:
        detail["params"] = [{"key": pair.key, "value": pair.value} for pair in field.type_params]
    if field.data_type == Type.Array:
        detail["elementType"] = Type.Name(field.element_type)
    return detail
