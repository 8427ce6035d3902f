package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.unsafe.Platform;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/**
 * Rows that go into a batch come out of it, whatever their types are and wherever their nulls
 * stand.
 */
public final class ArrowRoundTripTest {
  private final long seed = Long.getLong("vectorfuse.test.seed", System.nanoTime());
  private long before;

  @Before
  public void countMemory() {
    before = NativeMemory.liveBytes();
  }

  @After
  public void allMemoryCameBack() {
    assertEquals(before, NativeMemory.liveBytes());
  }

  @Test
  public void randomRowsComeBackAsTheyWere() {
    System.out.println("ArrowRoundTripTest: -Dvectorfuse.test.seed=" + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 40; i++) {
      roundTrip(random);
    }
  }

  private static void roundTrip(Random random) {
    RandomRows source = new RandomRows(random);
    StructType schema = source.schema();
    try (SchemaStruct struct = new SchemaStruct(schema)) {
      ArrowField root = ArrowField.read(struct.address);
      ArrowBatchBuilder builder = new ArrowBatchBuilder(root);
      UnsafeProjection projection = UnsafeProjection.create(schema);
      // The second and third batch come through buffers that were used before.
      for (int batch = 0; batch < 3; batch++) {
        List<InternalRow> rows = new ArrayList<>();
        int count = batch == 1 ? 3 : 100 + random.nextInt(100);
        long bytes = builder.bytes();
        for (int i = 0; i < count; i++) {
          InternalRow row = source.row(schema);
          rows.add(row);
          // The projection reuses its row, so this also shows that all of it is copied.
          builder.append(random.nextBoolean() ? row : projection.apply(row));
          assertTrue(builder.bytes() > bytes);
          bytes = builder.bytes();
        }
        assertEquals(count, builder.rows());
        long array = builder.lend();
        compare(schema, rows, root, array);
        sliceRoot(array, count / 3);
        compare(schema, rows.subList(count / 3, count), root, array);
        giveBack(array);
        builder.clear();
      }
      builder.free();
    }
  }

  /** Cuts off the first rows, as Arrow does it: with an offset, and an unknown count of nulls. */
  private static void sliceRoot(long array, int from) {
    if (from % 2 == 0) {
      shift(array, from);
      return;
    }
    // The same rows, but each child is cut for itself.
    long children = ArrowStructs.member(array, ArrowStructs.ARRAY_N_CHILDREN);
    for (int i = 0; i < children; i++) {
      long child = ArrowStructs.pointer(array, ArrowStructs.ARRAY_CHILDREN, i);
      shift(child, from);
      if (ArrowStructs.member(child, ArrowStructs.ARRAY_N_BUFFERS) > 0) {
        Platform.putLong(null, child + ArrowStructs.ARRAY_NULL_COUNT, -1);
      }
    }
    long length = ArrowStructs.member(array, ArrowStructs.ARRAY_LENGTH);
    Platform.putLong(null, array + ArrowStructs.ARRAY_LENGTH, length - from);
  }

  private static void shift(long array, int from) {
    long length = ArrowStructs.member(array, ArrowStructs.ARRAY_LENGTH);
    Platform.putLong(null, array + ArrowStructs.ARRAY_LENGTH, length - from);
    Platform.putLong(null, array + ArrowStructs.ARRAY_OFFSET, from);
  }

  private static void compare(
      StructType schema, List<InternalRow> rows, ArrowField root, long array) {
    ColumnarBatch batch =
        new ColumnarBatch(ArrowColumn.read(root, schema, array), ArrowColumn.rows(array));
    assertEquals(rows.size(), batch.numRows());
    int[] nulls = new int[batch.numCols()];
    for (int i = 0; i < rows.size(); i++) {
      RandomRows.assertRow(schema, rows.get(i), batch.getRow(i));
      for (int c = 0; c < nulls.length; c++) {
        nulls[c] += rows.get(i).isNullAt(c) ? 1 : 0;
      }
    }
    for (int c = 0; c < nulls.length; c++) {
      assertEquals(schema.fields()[c].name(), nulls[c], batch.column(c).numNulls());
      assertEquals(nulls[c] > 0, batch.column(c).hasNull());
      long child = ArrowStructs.pointer(array, ArrowStructs.ARRAY_CHILDREN, c);
      if (ArrowStructs.member(array, ArrowStructs.ARRAY_OFFSET) == 0
          && ArrowStructs.member(child, ArrowStructs.ARRAY_NULL_COUNT) >= 0
          && ArrowStructs.member(child, ArrowStructs.ARRAY_OFFSET) == 0) {
        assertEquals(nulls[c], ArrowStructs.member(child, ArrowStructs.ARRAY_NULL_COUNT));
      }
    }
  }

  private static void giveBack(long array) {
    Platform.putLong(null, ArrowStructs.member(array, ArrowStructs.ARRAY_PRIVATE_DATA), 1);
  }
}
