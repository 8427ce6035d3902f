package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Random;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.catalyst.util.ArrayBasedMapData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** Schemas and rows out of a seed, and the comparison of what comes back. */
final class RandomRows {
  private static final DataType[] FLAT = {
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
    null // a decimal
  };

  private final Random random;

  RandomRows(Random random) {
    this.random = random;
  }

  /** A column for each flat type, and some that are nested up to three levels. */
  StructType schema() {
    StructType schema = new StructType();
    for (int i = 0; i < FLAT.length; i++) {
      schema = schema.add("flat" + i, flat(FLAT[i]));
    }
    for (int i = 0; i < 6; i++) {
      schema = schema.add("nested" + i, nested(3));
    }
    return schema;
  }

  private DataType flat(DataType type) {
    if (type != null) {
      return type;
    }
    int precision = 1 + random.nextInt(38);
    return DataTypes.createDecimalType(precision, random.nextInt(precision + 1));
  }

  private DataType nested(int levels) {
    if (levels == 0) {
      return flat(FLAT[random.nextInt(FLAT.length)]);
    }
    switch (random.nextInt(3)) {
      case 0:
        return DataTypes.createArrayType(nested(levels - 1), true);
      case 1:
        DataType key = random.nextBoolean() ? DataTypes.StringType : DataTypes.LongType;
        return DataTypes.createMapType(key, nested(levels - 1), true);
      default:
        StructType struct = new StructType();
        for (int i = 0; i < 1 + random.nextInt(3); i++) {
          struct = struct.add("field" + i, nested(levels - 1));
        }
        return struct;
    }
  }

  InternalRow row(StructType schema) {
    StructField[] fields = schema.fields();
    Object[] values = new Object[fields.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = value(fields[i].dataType());
    }
    return new GenericInternalRow(values);
  }

  private Object value(DataType type) {
    return random.nextInt(5) == 0 ? null : present(type);
  }

  private Object present(DataType type) {
    if (type instanceof NullType) {
      return null;
    } else if (type instanceof BooleanType) {
      return random.nextBoolean();
    } else if (type instanceof ByteType) {
      return (byte) random.nextInt();
    } else if (type instanceof ShortType) {
      return (short) random.nextInt();
    } else if (type instanceof FloatType) {
      return random.nextInt(10) == 0 ? Float.NaN : Float.intBitsToFloat(random.nextInt());
    } else if (type instanceof DoubleType) {
      return random.nextInt(10) == 0 ? -0.0 : random.nextGaussian();
    } else if (type instanceof DecimalType) {
      return decimal((DecimalType) type);
    } else if (type instanceof StringType) {
      return UTF8String.fromString(text());
    } else if (type instanceof BinaryType) {
      byte[] bytes = new byte[random.nextInt(6)];
      random.nextBytes(bytes);
      return bytes;
    } else if (type instanceof ArrayType) {
      return array(((ArrayType) type).elementType(), size());
    } else if (type instanceof MapType) {
      return map((MapType) type);
    } else if (type instanceof StructType) {
      return row((StructType) type);
    } else if (type.defaultSize() == 4) {
      return random.nextInt();
    }
    return random.nextLong();
  }

  private Decimal decimal(DecimalType type) {
    BigInteger limit = BigInteger.TEN.pow(type.precision());
    BigInteger unscaled = new BigInteger(130, random).mod(limit);
    if (random.nextBoolean()) {
      unscaled = unscaled.negate();
    }
    BigDecimal value = new BigDecimal(unscaled, type.scale());
    return Decimal.apply(value, type.precision(), type.scale());
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.appendCodePoint(random.nextInt(4) == 0 ? 0x1F600 + random.nextInt(50) : 'a' + i);
    }
    return text.toString();
  }

  private int size() {
    return random.nextInt(4);
  }

  private ArrayData array(DataType element, int size) {
    Object[] values = new Object[size];
    boolean nulls = random.nextBoolean();
    for (int i = 0; i < size; i++) {
      values[i] = nulls ? value(element) : present(element);
    }
    return new GenericArrayData(values);
  }

  private MapData map(MapType type) {
    Object[] keys = new Object[size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = present(type.keyType());
    }
    return new ArrayBasedMapData(new GenericArrayData(keys), array(type.valueType(), keys.length));
  }

  static void assertRow(StructType schema, InternalRow expected, InternalRow actual) {
    StructField[] fields = schema.fields();
    for (int i = 0; i < fields.length; i++) {
      assertValue(fields[i].name(), fields[i].dataType(), expected, i, actual, i);
    }
  }

  private static void assertValue(
      String at, DataType type, SpecializedGetters a, int i, SpecializedGetters b, int j) {
    assertEquals(at, a.isNullAt(i), b.isNullAt(j));
    if (a.isNullAt(i)) {
      return;
    }
    if (type instanceof BooleanType) {
      assertEquals(at, a.getBoolean(i), b.getBoolean(j));
    } else if (type instanceof ByteType) {
      assertEquals(at, a.getByte(i), b.getByte(j));
    } else if (type instanceof ShortType) {
      assertEquals(at, a.getShort(i), b.getShort(j));
    } else if (type instanceof FloatType) {
      assertEquals(
          at, Float.floatToRawIntBits(a.getFloat(i)), Float.floatToRawIntBits(b.getFloat(j)));
    } else if (type instanceof DoubleType) {
      assertEquals(
          at,
          Double.doubleToRawLongBits(a.getDouble(i)),
          Double.doubleToRawLongBits(b.getDouble(j)));
    } else if (type instanceof DecimalType) {
      int precision = ((DecimalType) type).precision();
      int scale = ((DecimalType) type).scale();
      assertEquals(at, a.getDecimal(i, precision, scale), b.getDecimal(j, precision, scale));
    } else if (type instanceof StringType) {
      assertEquals(at, a.getUTF8String(i), b.getUTF8String(j));
    } else if (type instanceof BinaryType) {
      assertArrayEquals(at, a.getBinary(i), b.getBinary(j));
    } else if (type instanceof ArrayType) {
      assertArray(at, ((ArrayType) type).elementType(), a.getArray(i), b.getArray(j));
    } else if (type instanceof MapType) {
      MapType map = (MapType) type;
      assertArray(at + ".key", map.keyType(), a.getMap(i).keyArray(), b.getMap(j).keyArray());
      assertArray(
          at + ".value", map.valueType(), a.getMap(i).valueArray(), b.getMap(j).valueArray());
    } else if (type instanceof StructType) {
      int n = ((StructType) type).fields().length;
      assertRow((StructType) type, a.getStruct(i, n), b.getStruct(j, n));
    } else if (type.defaultSize() == 4) {
      assertEquals(at, a.getInt(i), b.getInt(j));
    } else {
      assertEquals(at, a.getLong(i), b.getLong(j));
    }
  }

  private static void assertArray(String at, DataType element, ArrayData a, ArrayData b) {
    assertEquals(at, a.numElements(), b.numElements());
    for (int i = 0; i < a.numElements(); i++) {
      assertValue(at + "[" + i + "]", element, a, i, b, i);
    }
  }
}
