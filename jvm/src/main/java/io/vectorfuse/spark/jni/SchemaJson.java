package io.vectorfuse.spark.jni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Schemas as trees of Spark's own schema JSON ({@code DataType.json}).
 *
 * <p>Spark reads and writes it with a library of Scala's, which takes some 40 ms to load in a
 * process that has not used it. So what is plain is read and written here: the types in {@link
 * #PLAIN}, and arrays, maps and structs of those, without metadata. A schema with anything else in
 * it (decimals, collations, user-defined types, a later Spark's types) is Spark's to read or write,
 * as a whole.
 */
final class SchemaJson {
  private static final Map<String, DataType> PLAIN = new HashMap<>();

  static {
    DataType[] types = {
      DataTypes.NullType,
      DataTypes.BooleanType,
      DataTypes.ByteType,
      DataTypes.ShortType,
      DataTypes.IntegerType,
      DataTypes.LongType,
      DataTypes.FloatType,
      DataTypes.DoubleType,
      DataTypes.StringType,
      DataTypes.BinaryType,
      DataTypes.DateType,
      DataTypes.TimestampType,
      DataTypes.TimestampNTZType,
    };
    for (DataType type : types) {
      PLAIN.put(type.typeName(), type);
    }
  }

  private SchemaJson() {}

  /** The schema that such a tree means. */
  static StructType read(JsonNode json) {
    DataType plain = plainType(json);
    return (StructType) (plain != null ? plain : DataType.fromJson(json.toString()));
  }

  /** The tree of a schema. */
  static JsonNode write(StructType schema) {
    JsonNode plain = plainJson(schema);
    return plain != null ? plain : Control.tree(schema.json());
  }

  /** Null: not plain. */
  private static DataType plainType(JsonNode json) {
    if (json.isTextual()) {
      return PLAIN.get(json.textValue());
    }
    switch (json.path("type").asText()) {
      case "struct":
        return plainStruct(json.path("fields"));
      case "array":
        DataType element = plainType(json.path("elementType"));
        return element == null
            ? null
            : DataTypes.createArrayType(element, json.path("containsNull").asBoolean());
      case "map":
        DataType key = plainType(json.path("keyType"));
        DataType value = plainType(json.path("valueType"));
        return key == null || value == null
            ? null
            : DataTypes.createMapType(key, value, json.path("valueContainsNull").asBoolean());
      default:
        return null;
    }
  }

  private static StructType plainStruct(JsonNode json) {
    StructField[] fields = new StructField[json.size()];
    for (int i = 0; i < fields.length; i++) {
      JsonNode field = json.get(i);
      DataType type = plainType(field.path("type"));
      if (type == null || !field.path("metadata").isEmpty()) {
        return null;
      }
      String name = field.path("name").asText();
      boolean nullable = field.path("nullable").asBoolean();
      fields[i] = new StructField(name, type, nullable, Metadata.empty());
    }
    return new StructType(fields);
  }

  /** Null: not plain. */
  private static JsonNode plainJson(DataType type) {
    if (type instanceof StructType) {
      return plainJson((StructType) type);
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    if (type instanceof ArrayType) {
      ArrayType array = (ArrayType) type;
      JsonNode element = plainJson(array.elementType());
      json.put("type", "array").put("containsNull", array.containsNull());
      json.set("elementType", element);
      return element == null ? null : json;
    }
    if (type instanceof MapType) {
      MapType map = (MapType) type;
      JsonNode key = plainJson(map.keyType());
      JsonNode value = plainJson(map.valueType());
      json.put("type", "map").put("valueContainsNull", map.valueContainsNull());
      json.set("keyType", key);
      json.set("valueType", value);
      return key == null || value == null ? null : json;
    }
    // Of strings with a collation the name alone would do for this one.
    return PLAIN.get(type.typeName()) == type ? TextNode.valueOf(type.typeName()) : null;
  }

  private static JsonNode plainJson(StructType struct) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("type", "struct");
    ArrayNode fields = json.putArray("fields");
    for (StructField field : struct.fields()) {
      JsonNode type = plainJson(field.dataType());
      if (type == null || !field.metadata().equals(Metadata.empty())) {
        return null;
      }
      ObjectNode one =
          fields.addObject().put("name", field.name()).put("nullable", field.nullable());
      one.set("type", type);
      one.putObject("metadata");
    }
    return json;
  }
}
