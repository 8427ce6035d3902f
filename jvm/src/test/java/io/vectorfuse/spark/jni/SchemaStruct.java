package io.vectorfuse.spark.jni;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.TimestampType;
import org.apache.spark.unsafe.Platform;

/** An ArrowSchema in memory, as the native side would export it for a Spark schema. */
final class SchemaStruct implements AutoCloseable {
  final long address;
  private final List<long[]> blocks = new ArrayList<>();

  SchemaStruct(StructType schema) {
    this.address = allocate(ArrowStructs.SCHEMA_SIZE);
    fill(address, null, schema);
  }

  /** A batch of one column with a format of its own. */
  SchemaStruct(String name, String format) {
    this.address = allocate(ArrowStructs.SCHEMA_SIZE);
    fill(address, null, "+s", new String[] {name}, new DataType[] {null});
    long child = ArrowStructs.pointer(address, ArrowStructs.SCHEMA_CHILDREN, 0);
    Platform.putLong(null, child + ArrowStructs.SCHEMA_FORMAT, text(format));
  }

  private void fill(long struct, String name, DataType type) {
    if (type instanceof StructType) {
      StructField[] fields = ((StructType) type).fields();
      String[] names = new String[fields.length];
      DataType[] types = new DataType[fields.length];
      for (int i = 0; i < fields.length; i++) {
        names[i] = fields[i].name();
        types[i] = fields[i].dataType();
      }
      fill(struct, name, "+s", names, types);
    } else if (type instanceof ArrayType) {
      DataType[] element = {((ArrayType) type).elementType()};
      fill(struct, name, "+l", new String[] {"item"}, element);
    } else if (type instanceof MapType) {
      MapType map = (MapType) type;
      StructType entries = new StructType().add("key", map.keyType()).add("value", map.valueType());
      fill(struct, name, "+m", new String[] {"entries"}, new DataType[] {entries});
    } else {
      fill(struct, name, format(type), new String[0], new DataType[0]);
    }
  }

  private void fill(
      long struct, String name, String format, String[] childNames, DataType[] childTypes) {
    Platform.putLong(null, struct + ArrowStructs.SCHEMA_FORMAT, text(format));
    Platform.putLong(null, struct + ArrowStructs.SCHEMA_NAME, name == null ? 0 : text(name));
    Platform.putLong(null, struct + ArrowStructs.SCHEMA_N_CHILDREN, childTypes.length);
    if (childTypes.length > 0) {
      long children = allocate(childTypes.length * 8);
      Platform.putLong(null, struct + ArrowStructs.SCHEMA_CHILDREN, children);
      for (int i = 0; i < childTypes.length; i++) {
        long child = allocate(ArrowStructs.SCHEMA_SIZE);
        Platform.putLong(null, children + i * 8L, child);
        if (childTypes[i] == null) {
          fill(child, childNames[i], "n", new String[0], new DataType[0]);
        } else {
          fill(child, childNames[i], childTypes[i]);
        }
      }
    }
  }

  private static String format(DataType type) {
    if (type instanceof NullType) {
      return "n";
    } else if (type instanceof BooleanType) {
      return "b";
    } else if (type instanceof ByteType) {
      return "c";
    } else if (type instanceof ShortType) {
      return "s";
    } else if (type instanceof IntegerType) {
      return "i";
    } else if (type instanceof LongType) {
      return "l";
    } else if (type instanceof FloatType) {
      return "f";
    } else if (type instanceof DoubleType) {
      return "g";
    } else if (type instanceof DecimalType) {
      return "d:" + ((DecimalType) type).precision() + "," + ((DecimalType) type).scale();
    } else if (type instanceof StringType) {
      return "u";
    } else if (type instanceof BinaryType) {
      return "z";
    } else if (type instanceof DateType) {
      return "tdD";
    } else if (type instanceof TimestampType) {
      return "tsu:UTC";
    } else if (type instanceof TimestampNTZType) {
      return "tsu:";
    }
    throw new IllegalArgumentException(type.toString());
  }

  private long text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    long at = allocate(bytes.length + 1);
    Platform.copyMemory(bytes, Platform.BYTE_ARRAY_OFFSET, null, at, bytes.length);
    return at;
  }

  private long allocate(int size) {
    long block = NativeMemory.allocateZeroed(size);
    blocks.add(new long[] {block, size});
    return block;
  }

  @Override
  public void close() {
    for (long[] block : blocks) {
      NativeMemory.free(block[0], block[1]);
    }
  }
}
