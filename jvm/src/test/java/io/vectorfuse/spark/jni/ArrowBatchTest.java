package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import io.vectorfuse.spark.VectorFuseException;
import java.util.Arrays;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** The single promises of batches and their buffers. */
public final class ArrowBatchTest {
  private long before;

  @Before
  public void countMemory() {
    before = NativeMemory.liveBytes();
  }

  @After
  public void allMemoryCameBack() {
    assertEquals(before, NativeMemory.liveBytes());
  }

  /** What a test does with a column of a batch. */
  private interface Look {
    void at(ColumnVector column, long array);
  }

  private static void withColumn(DataType type, Object[] values, Look look) {
    StructType schema = new StructType().add("c", type);
    try (SchemaStruct struct = new SchemaStruct(schema)) {
      ArrowField root = ArrowField.read(struct.address);
      ArrowBatchBuilder builder = new ArrowBatchBuilder(root);
      try {
        for (Object value : values) {
          builder.append(new GenericInternalRow(new Object[] {value}));
        }
        long array = builder.lend();
        look.at(ArrowColumn.read(root, schema, array)[0], array);
      } finally {
        builder.free();
      }
    }
  }

  private static long child(long array) {
    return ArrowStructs.pointer(array, ArrowStructs.ARRAY_CHILDREN, 0);
  }

  @Test
  public void valuesCanBeTakenInBulk() {
    withColumn(
        DataTypes.FloatType,
        new Object[] {1f, 2f, 3f, 4f},
        (c, a) -> assertArrayEquals(new float[] {2f, 3f}, c.getFloats(1, 2), 0f));
    withColumn(
        DataTypes.DoubleType,
        new Object[] {1., 2., 3.},
        (c, a) -> assertArrayEquals(new double[] {2., 3.}, c.getDoubles(1, 2), 0.));
    withColumn(
        DataTypes.LongType,
        new Object[] {1L, 2L, 3L},
        (c, a) -> assertArrayEquals(new long[] {1L, 2L, 3L}, c.getLongs(0, 3)));
    withColumn(
        DataTypes.IntegerType,
        new Object[] {1, 2, 3},
        (c, a) -> assertArrayEquals(new int[] {3}, c.getInts(2, 1)));
    withColumn(
        DataTypes.ShortType,
        new Object[] {(short) 1, (short) 2},
        (c, a) -> assertArrayEquals(new short[] {1, 2}, c.getShorts(0, 2)));
    withColumn(
        DataTypes.ByteType,
        new Object[] {(byte) 1, (byte) 2},
        (c, a) -> assertArrayEquals(new byte[] {2}, c.getBytes(1, 1)));
    withColumn(
        DataTypes.BooleanType,
        new Object[] {true, false, true},
        (c, a) -> {
          boolean[] values = c.getBooleans(1, 2);
          assertFalse(values[0]);
          assertTrue(values[1]);
        });
  }

  @Test
  public void aVectorGoesInAndComesOutAsABlock() {
    float[] vector = new float[3000];
    for (int i = 0; i < vector.length; i++) {
      vector[i] = i / 7f;
    }
    DataType type = DataTypes.createArrayType(DataTypes.FloatType);
    Object[] rows = new Object[70];
    Arrays.fill(rows, UnsafeArrayData.fromPrimitiveArray(vector));
    rows[5] = null;
    rows[6] = UnsafeArrayData.fromPrimitiveArray(new float[0]);
    rows[7] = new GenericArrayData(new Object[] {1f, null, 3f});
    withColumn(
        type,
        rows,
        (column, array) -> {
          assertArrayEquals(vector, column.getArray(69).toFloatArray(), 0f);
          assertArrayEquals(vector, column.getArray(8).toFloatArray(), 0f);
          assertNull(column.getArray(5));
          assertEquals(0, column.getArray(6).numElements());
          assertTrue(column.getArray(7).isNullAt(1));
          assertFalse(column.getArray(8).isNullAt(0));
          long elements = child(child(array));
          assertEquals(1, ArrowStructs.member(elements, ArrowStructs.ARRAY_NULL_COUNT));
        });
  }

  @Test
  public void aNullInsideAnUnsafeArrayStaysANull() {
    UnsafeArrayData vector = UnsafeArrayData.fromPrimitiveArray(new long[200]);
    vector.setNullAt(150);
    withColumn(
        DataTypes.createArrayType(DataTypes.LongType),
        new Object[] {vector},
        (column, array) -> {
          assertTrue(column.getArray(0).isNullAt(150));
          assertFalse(column.getArray(0).isNullAt(149));
        });
  }

  @Test
  public void anArrayOfNarrowerElementsIsNotReadBeyondItsEnd() {
    ArrayData floats = UnsafeArrayData.fromPrimitiveArray(new float[100]);
    try {
      withColumn(
          DataTypes.createArrayType(DataTypes.DoubleType), new Object[] {floats}, (c, a) -> {});
      fail("floats are not doubles");
    } catch (IllegalStateException error) {
      assertTrue(error.getMessage(), error.getMessage().contains("c.item"));
    }
  }

  @Test
  public void theElementsOfAListCanHaveAnOffsetOfTheirOwn() {
    Object[] rows = {
      new GenericArrayData(new Object[] {9L}),
      new GenericArrayData(new Object[] {1L, null}),
      new GenericArrayData(new Object[] {3L})
    };
    DataType type = DataTypes.createArrayType(DataTypes.LongType);
    withColumn(
        type,
        rows,
        (column, array) -> {
          // The list's first row is cut off, and with it its element.
          long list = child(array);
          long offsets = ArrowStructs.pointer(list, ArrowStructs.ARRAY_BUFFERS, 1);
          for (int i = 0; i < 4; i++) {
            long at = offsets + i * 4L;
            Platform.putInt(null, at, Platform.getInt(null, at) - 1);
          }
          put(list, ArrowStructs.ARRAY_OFFSET, 1);
          put(list, ArrowStructs.ARRAY_LENGTH, 2);
          put(child(list), ArrowStructs.ARRAY_OFFSET, 1);
          put(child(list), ArrowStructs.ARRAY_LENGTH, 3);
          put(array, ArrowStructs.ARRAY_LENGTH, 2);
          StructType schema = new StructType().add("c", type);
          try (SchemaStruct struct = new SchemaStruct(schema)) {
            ColumnVector cut = ArrowColumn.read(ArrowField.read(struct.address), schema, array)[0];
            assertEquals(2, cut.getArray(0).numElements());
            assertEquals(1L, cut.getArray(0).getLong(0));
            assertTrue(cut.getArray(0).isNullAt(1));
            assertEquals(3L, cut.getArray(1).getLong(0));
          }
        });
  }

  private static void put(long struct, int offset, long value) {
    Platform.putLong(null, struct + offset, value);
  }

  @Test
  public void aBatchWithoutColumnsHasItsRows() {
    StructType schema = new StructType();
    try (SchemaStruct struct = new SchemaStruct(schema)) {
      ArrowField root = ArrowField.read(struct.address);
      ArrowBatchBuilder builder = new ArrowBatchBuilder(root);
      builder.append(new GenericInternalRow(new Object[0]));
      builder.append(new GenericInternalRow(new Object[0]));
      long array = builder.lend();
      assertEquals(2, ArrowColumn.rows(array));
      assertEquals(0, ArrowColumn.read(root, schema, array).length);
      builder.free();
    }
  }

  @Test
  public void anUnknownFormatIsToldWithItsColumn() {
    for (String format : new String[] {"U", "tsn:UTC", "d:10,2,256", "+w:4", "w:16", "vu"}) {
      try (SchemaStruct struct = new SchemaStruct("embedding", format)) {
        ArrowField.read(struct.address);
        fail(format + " was accepted");
      } catch (IllegalStateException error) {
        assertTrue(error.getMessage(), error.getMessage().contains("embedding"));
        assertTrue(error.getMessage(), error.getMessage().contains(format));
      }
    }
  }

  @Test
  public void aBatchThatDoesNotFitTheSchemaIsRefused() {
    refused("c", DataTypes.IntegerType, new StructType().add("c", DataTypes.LongType));
    refused("c", DataTypes.StringType, new StructType().add("c", DataTypes.LongType));
    refused("c", DataTypes.LongType, new StructType().add("c", DataTypes.StringType));
    refused("d", DataTypes.LongType, new StructType().add("c", DataTypes.LongType));
    refused(
        "c",
        DataTypes.LongType,
        new StructType().add("c", DataTypes.createArrayType(DataTypes.LongType)));
    refused(
        "c",
        DataTypes.createDecimalType(10, 2),
        new StructType().add("c", DataTypes.createDecimalType(10, 3)));
    refused(
        "c",
        DataTypes.LongType,
        new StructType().add("c", DataTypes.LongType).add("d", DataTypes.LongType));
  }

  private static void refused(String name, DataType type, StructType schema) {
    try (SchemaStruct struct = new SchemaStruct(new StructType().add(name, type))) {
      ArrowField root = ArrowField.read(struct.address);
      ArrowBatchBuilder builder = new ArrowBatchBuilder(root);
      try {
        ArrowColumn.read(root, schema, builder.lend());
        fail(type + " was read as " + schema);
      } catch (IllegalStateException error) {
        assertTrue(error.getMessage().contains("Arrow format"));
      } finally {
        builder.free();
      }
    }
  }

  @Test
  public void aDecimalIsBroughtToItsScaleExactlyOrNotAtAll() {
    Object[] fits = {Decimal.apply("7"), Decimal.apply("-0.5")};
    withColumn(
        DataTypes.createDecimalType(10, 2),
        fits,
        (column, array) -> {
          assertEquals(Decimal.apply("7.00"), column.getDecimal(0, 10, 2));
          assertEquals(Decimal.apply("-0.50"), column.getDecimal(1, 10, 2));
        });
    for (String value : new String[] {"0.123", "1234567890"}) {
      try {
        Object[] values = {Decimal.apply(value)};
        withColumn(DataTypes.createDecimalType(10, 2), values, (column, array) -> {});
        fail(value + " does not fit");
      } catch (VectorFuseException error) {
        assertEquals(VectorFuseException.Kind.DATA, error.kind());
      }
    }
  }

  @Test
  public void aBufferSetIsReusedOnlyAfterItCameBack() {
    StructType schema = new StructType().add("c", DataTypes.StringType);
    try (SchemaStruct struct = new SchemaStruct(schema)) {
      BatchPool pool = new BatchPool(ArrowField.read(struct.address));
      ArrowBatchBuilder first = pool.take();
      first.append(new GenericInternalRow(new Object[] {UTF8String.fromString("a")}));
      long lent = first.lend();
      assertFalse(first.isFree());

      ArrowBatchBuilder second = pool.take();
      assertNotSame(first, second);
      long lease = ArrowStructs.member(second.lend(), ArrowStructs.ARRAY_PRIVATE_DATA);
      assertEquals(2, pool.size());

      Platform.putLong(null, ArrowStructs.member(lent, ArrowStructs.ARRAY_PRIVATE_DATA), 1);
      assertSame(first, pool.take());
      assertEquals(0, first.rows());
      assertEquals(2, pool.size());

      Platform.putLong(null, lease, 1);
      assertEquals(0, pool.free());
    }
  }

  @Test
  public void memoryThatIsStillLentIsNotFreed() {
    StructType schema = new StructType().add("c", DataTypes.LongType);
    try (SchemaStruct struct = new SchemaStruct(schema)) {
      BatchPool pool = new BatchPool(ArrowField.read(struct.address));
      ArrowBatchBuilder lent = pool.take();
      lent.lend();
      assertEquals(1, pool.free());
      lent.free();
    }
  }
}
