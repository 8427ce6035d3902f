package io.vectorfuse.spark.jni;

import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.unsafe.Platform;

/**
 * Collects the values of one column of a batch, and the nulls among them. What all layouts share is
 * here: the validity bitmap, and how the column is laid out as an ArrowArray.
 *
 * <p>A builder owns its buffers and the memory of its children's ArrowArrays until {@link #free}.
 * The bitmap begins with the first null: a column without one has none.
 */
abstract class ColumnBuilder {
  final ArrowField field;
  final ColumnBuilder[] children;
  private final GrowingBuffer validity = new GrowingBuffer();

  /** The pointers to the buffers, the pointers to the children, then the children's ArrowArrays. */
  private final long structs;

  private final int structsSize;
  private final int bufferCount;
  private int length;
  private int nullCount;

  /**
   * @param bufferCount how many buffers the layout has in Arrow's specification, validity among
   *     them
   */
  ColumnBuilder(ArrowField field, int bufferCount, ColumnBuilder... children) {
    this.field = field;
    this.children = children;
    this.bufferCount = bufferCount;
    this.structsSize =
        (bufferCount + children.length) * ArrowStructs.POINTER_SIZE
            + children.length * ArrowStructs.ARRAY_SIZE;
    this.structs = structsSize == 0 ? 0 : NativeMemory.allocateZeroed(structsSize);
  }

  /** How many values there are, nulls among them. */
  final int length() {
    return length;
  }

  /** Copies the value at an ordinal of a row or an array; it may be null. */
  final void append(SpecializedGetters values, int ordinal) {
    if (field.layout == ArrowField.Layout.NULL || values.isNullAt(ordinal)) {
      appendNull();
    } else {
      put(values, ordinal);
      appended(1);
    }
  }

  /** Adds a null. */
  final void appendNull() {
    putNull();
    if (field.layout != ArrowField.Layout.NULL) {
      if (nullCount == 0) {
        validity.fillUpTo((length + 7) >> 3, (byte) 0xff);
      }
      validity.fillUpTo((length >> 3) + 1, (byte) 0xff);
      long at = validity.address() + (length >> 3);
      Platform.putByte(null, at, (byte) (Platform.getByte(null, at) & ~(1 << (length & 7))));
    }
    nullCount++;
    length++;
  }

  /** Counts values that are there, none of them null. */
  final void appended(int count) {
    length += count;
    if (nullCount > 0) {
      validity.fillUpTo((length + 7) >> 3, (byte) 0xff);
    }
  }

  /** Copies a value that is not null. */
  abstract void put(SpecializedGetters values, int ordinal);

  /** Takes the place of a null, where the layout has one. */
  abstract void putNull();

  /** The address of a buffer by its place in Arrow's order; never 0's, which is the validity. */
  abstract long buffer(int i);

  /** How many bytes the layout's own buffers use. */
  abstract long ownBytes();

  /** Empties the layout's own buffers. */
  abstract void clearOwn();

  /** Frees the layout's own buffers. */
  abstract void freeOwn();

  /** How many bytes the column uses, its children's among them. */
  final long bytes() {
    long bytes = validity.used() + ownBytes();
    for (ColumnBuilder child : children) {
      bytes += child.bytes();
    }
    return bytes;
  }

  /** Fills an ArrowArray with this column; it points into this builder's memory. */
  final void export(long array) {
    long buffers = structs;
    long pointers = buffers + (long) bufferCount * ArrowStructs.POINTER_SIZE;
    long arrays = pointers + (long) children.length * ArrowStructs.POINTER_SIZE;
    for (int i = 0; i < bufferCount; i++) {
      long address = i > 0 ? buffer(i) : nullCount == 0 ? 0 : validity.address();
      Platform.putLong(null, buffers + (long) i * ArrowStructs.POINTER_SIZE, address);
    }
    for (int i = 0; i < children.length; i++) {
      long child = arrays + (long) i * ArrowStructs.ARRAY_SIZE;
      Platform.putLong(null, pointers + (long) i * ArrowStructs.POINTER_SIZE, child);
      children[i].export(child);
    }
    Platform.setMemory(array, (byte) 0, ArrowStructs.ARRAY_SIZE);
    put(array, ArrowStructs.ARRAY_LENGTH, length);
    put(array, ArrowStructs.ARRAY_NULL_COUNT, nullCount);
    put(array, ArrowStructs.ARRAY_N_BUFFERS, bufferCount);
    put(array, ArrowStructs.ARRAY_BUFFERS, bufferCount == 0 ? 0 : buffers);
    put(array, ArrowStructs.ARRAY_N_CHILDREN, children.length);
    put(array, ArrowStructs.ARRAY_CHILDREN, children.length == 0 ? 0 : pointers);
  }

  private static void put(long array, int offset, long value) {
    Platform.putLong(null, array + offset, value);
  }

  /** Removes all values, keeps the memory. */
  final void clear() {
    length = 0;
    nullCount = 0;
    validity.clear();
    clearOwn();
    for (ColumnBuilder child : children) {
      child.clear();
    }
  }

  /** Gives the memory back. The builder is not used afterwards. */
  final void free() {
    validity.free();
    NativeMemory.free(structs, structsSize);
    freeOwn();
    for (ColumnBuilder child : children) {
      child.free();
    }
  }
}
