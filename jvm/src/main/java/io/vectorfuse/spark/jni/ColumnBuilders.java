package io.vectorfuse.spark.jni;

import io.vectorfuse.spark.VectorFuseException;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.SpecializedGetters;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/** The builders of the layouts, one class for each. */
final class ColumnBuilders {

  private ColumnBuilders() {}

  /** The builder of a column, with those of the columns inside it. */
  static ColumnBuilder of(ArrowField field) {
    switch (field.layout) {
      case NULL:
        return new Nulls(field);
      case BITS:
        return new Bits(field);
      case FIXED:
        return new Fixed(field);
      case DECIMAL:
        return new Decimal128(field);
      case TEXT:
      case BINARY:
        return new Bytes(field);
      case LIST:
        return new Lists(field, of(field.children[0]));
      case MAP:
        return new Maps(field, of(field.children[0]));
      case STRUCT:
        ColumnBuilder[] children = new ColumnBuilder[field.children.length];
        for (int i = 0; i < children.length; i++) {
          children[i] = of(field.children[i]);
        }
        return new Structs(field, children);
      default:
        throw new IllegalStateException("no builder for " + field.layout);
    }
  }

  /** Arrow's null array has no buffer at all. */
  private static final class Nulls extends ColumnBuilder {
    Nulls(ArrowField field) {
      super(field, 0);
    }

    @Override
    void put(SpecializedGetters values, int ordinal) {}

    @Override
    void putNull() {}

    @Override
    long buffer(int i) {
      return 0;
    }

    @Override
    long ownBytes() {
      return 0;
    }

    @Override
    void clearOwn() {}

    @Override
    void freeOwn() {}
  }

  /** A column with one buffer of its own beside the validity. */
  private abstract static class OneBuffer extends ColumnBuilder {
    final GrowingBuffer data = new GrowingBuffer();

    OneBuffer(ArrowField field, ColumnBuilder... children) {
      super(field, 2, children);
    }

    @Override
    long buffer(int i) {
      return data.address();
    }

    @Override
    long ownBytes() {
      return data.used();
    }

    @Override
    void clearOwn() {
      data.clear();
    }

    @Override
    void freeOwn() {
      data.free();
    }
  }

  private static final class Bits extends OneBuffer {
    Bits(ArrowField field) {
      super(field);
    }

    @Override
    void put(SpecializedGetters values, int ordinal) {
      putNull();
      if (values.getBoolean(ordinal)) {
        long at = data.address() + (length() >> 3);
        Platform.putByte(null, at, (byte) (Platform.getByte(null, at) | 1 << (length() & 7)));
      }
    }

    @Override
    void putNull() {
      data.fillUpTo((length() >> 3) + 1, (byte) 0);
    }
  }

  /** Numbers, dates and timestamps: the same bytes in Spark and in Arrow. */
  private static final class Fixed extends OneBuffer {
    /** The first letter of the format, which tells the numbers from each other. */
    private final char form;

    Fixed(ArrowField field) {
      super(field);
      this.form = field.format.charAt(0);
    }

    @Override
    void put(SpecializedGetters values, int ordinal) {
      long at = data.take(field.width);
      switch (form) {
        case 'c':
          Platform.putByte(null, at, values.getByte(ordinal));
          break;
        case 's':
          Platform.putShort(null, at, values.getShort(ordinal));
          break;
        case 'f':
          Platform.putFloat(null, at, values.getFloat(ordinal));
          break;
        case 'g':
          Platform.putDouble(null, at, values.getDouble(ordinal));
          break;
        default:
          if (field.width == 4) {
            Platform.putInt(null, at, values.getInt(ordinal));
          } else {
            Platform.putLong(null, at, values.getLong(ordinal));
          }
      }
    }

    /** Copies a whole array of values, none of them null, at once. */
    void putAll(Object base, long offset, int count) {
      long bytes = (long) count * field.width;
      Platform.copyMemory(base, offset, null, data.take(bytes), bytes);
      appended(count);
    }

    @Override
    void putNull() {
      Platform.setMemory(data.take(field.width), (byte) 0, field.width);
    }
  }

  private static final class Decimal128 extends OneBuffer {
    Decimal128(ArrowField field) {
      super(field);
    }

    @Override
    void put(SpecializedGetters values, int ordinal) {
      Decimals.write(
          values.getDecimal(ordinal, field.precision, field.scale),
          field,
          data.take(Decimals.WIDTH));
    }

    @Override
    void putNull() {
      Platform.setMemory(data.take(Decimals.WIDTH), (byte) 0, Decimals.WIDTH);
    }
  }

  /** Texts and binaries: bytes one after the other, and where each ends. */
  private static final class Bytes extends ColumnBuilder {
    private final GrowingBuffer ends = new GrowingBuffer();
    private final GrowingBuffer data = new GrowingBuffer();

    Bytes(ArrowField field) {
      super(field, 3);
      ends.putInt(0);
    }

    @Override
    void put(SpecializedGetters values, int ordinal) {
      if (field.layout == ArrowField.Layout.TEXT) {
        UTF8String text = values.getUTF8String(ordinal);
        copy(text.getBaseObject(), text.getBaseOffset(), text.numBytes());
      } else {
        byte[] bytes = values.getBinary(ordinal);
        copy(bytes, Platform.BYTE_ARRAY_OFFSET, bytes.length);
      }
    }

    private void copy(Object base, long offset, int count) {
      int end = end(field, data.used() + count);
      Platform.copyMemory(base, offset, null, data.take(count), count);
      ends.putInt(end);
    }

    @Override
    void putNull() {
      ends.putInt((int) data.used());
    }

    @Override
    long buffer(int i) {
      return i == 1 ? ends.address() : data.address();
    }

    @Override
    long ownBytes() {
      return ends.used() + data.used();
    }

    @Override
    void clearOwn() {
      data.clear();
      ends.clear();
      ends.putInt(0);
    }

    @Override
    void freeOwn() {
      data.free();
      ends.free();
    }
  }

  /** A column whose values are runs of its child's values: the buffer says where each run ends. */
  private abstract static class Runs extends OneBuffer {
    Runs(ArrowField field, ColumnBuilder child) {
      super(field, child);
      data.putInt(0);
    }

    /** Ends the run of a value, after its elements were put into the child. */
    final void endRun() {
      data.putInt(children[0].length());
    }

    @Override
    void putNull() {
      endRun();
    }

    @Override
    void clearOwn() {
      data.clear();
      data.putInt(0);
    }
  }

  private static final class Lists extends Runs {
    Lists(ArrowField field, ColumnBuilder elements) {
      super(field, elements);
    }

    @Override
    void put(SpecializedGetters values, int ordinal) {
      ArrayData array = values.getArray(ordinal);
      end(field, (long) children[0].length() + array.numElements());
      putElements(children[0], array);
      endRun();
    }
  }

  private static final class Maps extends Runs {
    Maps(ArrowField field, ColumnBuilder entries) {
      super(field, entries);
    }

    @Override
    void put(SpecializedGetters values, int ordinal) {
      MapData map = values.getMap(ordinal);
      ColumnBuilder entries = children[0];
      end(field, (long) entries.length() + map.numElements());
      putElements(entries.children[0], map.keyArray());
      putElements(entries.children[1], map.valueArray());
      entries.appended(map.numElements());
      endRun();
    }
  }

  private static final class Structs extends ColumnBuilder {
    Structs(ArrowField field, ColumnBuilder[] children) {
      super(field, 1, children);
    }

    @Override
    void put(SpecializedGetters values, int ordinal) {
      InternalRow row = values.getStruct(ordinal, children.length);
      for (int i = 0; i < children.length; i++) {
        children[i].append(row, i);
      }
    }

    @Override
    void putNull() {
      for (ColumnBuilder child : children) {
        child.appendNull();
      }
    }

    @Override
    long buffer(int i) {
      return 0;
    }

    @Override
    long ownBytes() {
      return 0;
    }

    @Override
    void clearOwn() {}

    @Override
    void freeOwn() {}
  }

  private static void putElements(ColumnBuilder child, ArrayData array) {
    int count = array.numElements();
    if (child instanceof Fixed && array instanceof UnsafeArrayData) {
      UnsafeArrayData unsafe = (UnsafeArrayData) array;
      int header = UnsafeArrayData.calculateHeaderPortionInBytes(count);
      if (!hasNull(unsafe, header)) {
        if (unsafe.getSizeInBytes() < header + (long) count * child.field.width) {
          throw new IllegalStateException(
              "column "
                  + child.field.path
                  + ": the array's elements are not "
                  + child.field.format);
        }
        ((Fixed) child).putAll(unsafe.getBaseObject(), unsafe.getBaseOffset() + header, count);
        return;
      }
    }
    for (int i = 0; i < count; i++) {
      child.append(array, i);
    }
  }

  /** Whether any bit is set in the words between the element count and the elements. */
  private static boolean hasNull(UnsafeArrayData array, int header) {
    long words = 0;
    for (int at = 8; at < header; at += 8) {
      words |= Platform.getLong(array.getBaseObject(), array.getBaseOffset() + at);
    }
    return words != 0;
  }

  /** A position as Arrow's 32-bit offsets hold it. */
  private static int end(ArrowField field, long position) {
    if (position > Integer.MAX_VALUE) {
      throw new VectorFuseException(
          VectorFuseException.Kind.DATA,
          "column " + field.path + " has more than 2^31-1 bytes or elements in one batch",
          null);
    }
    return (int) position;
  }
}
