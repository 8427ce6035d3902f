package io.vectorfuse.spark.jni;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.unsafe.Platform;

/**
 * One set of buffers that is filled with rows, lent to the native side as a batch, and filled
 * again.
 *
 * <p>A row's i-th value goes to the i-th column of the schema that the native side asked for.
 * Everything is copied, so Spark may reuse the row. The native side copies nothing and owns
 * nothing: it stores 1 in the lease cell, an 8-byte number that {@code private_data} of the batch
 * points to, when it no longer reads the memory.
 */
final class ArrowBatchBuilder {
  private static final int LEASE_SIZE = 8;
  private static final long FREE = 1;
  private static final long LENT = 0;

  private final ColumnBuilder[] columns;
  private final ColumnBuilder root;
  private final long array = NativeMemory.allocateZeroed(ArrowStructs.ARRAY_SIZE);
  private final long lease = NativeMemory.allocate(LEASE_SIZE);
  private long bytes;

  /**
   * @param schema the batches' schema, a struct
   */
  ArrowBatchBuilder(ArrowField schema) {
    this.root = ColumnBuilders.of(schema);
    this.columns = root.children;
    Platform.putLong(null, lease, FREE);
  }

  /**
   * Adds a row. After an exception the batch is incomplete and only good for {@link #free}.
   *
   * @throws IllegalArgumentException if the row has not one value for each column
   */
  void append(InternalRow row) {
    if (row.numFields() != columns.length) {
      throw new IllegalArgumentException(
          "a row has " + row.numFields() + " values for " + columns.length + " columns");
    }
    // Of Spark's own rows it is known. To ask every buffer would take longer than to copy a row.
    boolean known = row instanceof UnsafeRow;
    long before = known ? 0 : root.bytes();
    for (int i = 0; i < columns.length; i++) {
      columns[i].append(row, i);
    }
    root.appended(1);
    bytes += known ? ((UnsafeRow) row).getSizeInBytes() : root.bytes() - before;
  }

  /** How many rows there are. */
  int rows() {
    return root.length();
  }

  /**
   * About how many bytes the rows take: in the buffers, or as Spark's rows, which have some more.
   */
  long bytes() {
    return bytes;
  }

  /**
   * Lends the rows as a batch; until {@link #isFree} nothing is appended.
   *
   * @return the address of the ArrowArray
   */
  long lend() {
    root.export(array);
    Platform.putLong(null, array + ArrowStructs.ARRAY_PRIVATE_DATA, lease);
    Platform.putLong(null, lease, LENT);
    return array;
  }

  /** Whether the memory is not lent, or was given back. */
  boolean isFree() {
    return NativeMemory.acquireLong(lease) == FREE;
  }

  /** Removes all rows, keeps the memory. Only while {@link #isFree}. */
  void clear() {
    root.clear();
    bytes = 0;
  }

  /** Gives the memory back to the system. Only while {@link #isFree}; not used afterwards. */
  void free() {
    root.free();
    NativeMemory.free(array, ArrowStructs.ARRAY_SIZE);
    NativeMemory.free(lease, LEASE_SIZE);
  }
}
