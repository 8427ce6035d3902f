package io.vectorfuse.spark.jni;

import java.util.Arrays;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.ByteType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.ShortType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampNTZType;
import org.apache.spark.sql.types.TimestampType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.bitset.BitSetMethods;

/**
 * Makes Spark's rows of the columns of a batch, each vector in one copy. Spark itself takes an
 * array out of a column element by element, which costs most of a read of vectors.
 *
 * <p>The bytes are those that {@link UnsafeRow} and {@link UnsafeArrayData} document: a bit for
 * each null, 8 bytes for each column, and behind them, in multiples of 8 bytes, what is longer.
 */
public final class RowBuilder {
  private static final int WORD = 8;
  private static final long BASE = Platform.BYTE_ARRAY_OFFSET;

  /** How a column's values lie in a row. */
  private enum Shape {
    NULL,
    BIT,
    FIXED,
    BYTES,
    /** An array of values of a fixed width. */
    NUMBERS
  }

  private final Shape[] shapes;

  /** How many bytes a value has, or an element of an array. */
  private final int[] widths;

  private final ArrowColumn[] columns;
  private final int bitsBytes;
  private final UnsafeRow row;
  private byte[] buffer;

  /** Where the next long value goes, from the row's beginning. */
  private int end;

  /**
   * Whether rows are made faster here than by Spark: there is an array of numbers, and no type that
   * is not known here.
   */
  public static boolean fits(StructType schema) {
    boolean arrays = false;
    for (StructField field : schema.fields()) {
      Shape shape = shape(field.dataType());
      if (shape == null) {
        return false;
      }
      arrays |= shape == Shape.NUMBERS;
    }
    return arrays;
  }

  /**
   * @param schema one that {@link #fits}
   */
  public RowBuilder(StructType schema) {
    StructField[] fields = schema.fields();
    this.shapes = new Shape[fields.length];
    this.widths = new int[fields.length];
    for (int i = 0; i < fields.length; i++) {
      DataType type = fields[i].dataType();
      shapes[i] = shape(type);
      widths[i] =
          (shapes[i] == Shape.NUMBERS ? ((ArrayType) type).elementType() : type).defaultSize();
    }
    this.columns = new ArrowColumn[fields.length];
    this.bitsBytes = UnsafeRow.calculateBitSetWidthInBytes(fields.length);
    this.row = new UnsafeRow(fields.length);
    this.buffer = new byte[bitsBytes + WORD * fields.length];
  }

  private static Shape shape(DataType type) {
    if (type instanceof NullType) {
      return Shape.NULL;
    } else if (type instanceof BooleanType) {
      return Shape.BIT;
    } else if (isFixed(type)) {
      return Shape.FIXED;
    } else if (type instanceof StringType || type instanceof BinaryType) {
      return Shape.BYTES;
    } else if (type instanceof ArrayType && isFixed(((ArrayType) type).elementType())) {
      return Shape.NUMBERS;
    }
    return null;
  }

  private static boolean isFixed(DataType type) {
    return type instanceof ByteType
        || type instanceof ShortType
        || type instanceof IntegerType
        || type instanceof LongType
        || type instanceof FloatType
        || type instanceof DoubleType
        || type instanceof DateType
        || type instanceof TimestampType
        || type instanceof TimestampNTZType;
  }

  /** The rows that follow are those of this batch, of a {@link BatchReader} with the schema. */
  public void read(ColumnarBatch batch) {
    for (int i = 0; i < columns.length; i++) {
      columns[i] = (ArrowColumn) batch.column(i);
    }
  }

  /**
   * A row of the batch; valid until the next one is asked for.
   *
   * @throws ArithmeticException if it does not fit in 2 GiB
   */
  public UnsafeRow row(int at) {
    end = bitsBytes + WORD * columns.length;
    Arrays.fill(buffer, 0, end, (byte) 0);
    for (int i = 0; i < columns.length; i++) {
      ArrowColumn column = columns[i];
      if (column.isNullAt(at)) {
        BitSetMethods.set(buffer, BASE, i);
        continue;
      }
      long slot = BASE + bitsBytes + (long) WORD * i;
      switch (shapes[i]) {
        case BIT:
          Platform.putBoolean(buffer, slot, column.getBoolean(at));
          break;
        case FIXED:
          fixed(column, at, widths[i], slot);
          break;
        case BYTES:
          bytes(column, at, slot);
          break;
        default:
          numbers(column, at, widths[i], slot);
      }
    }
    row.pointTo(buffer, end);
    return row;
  }

  private void fixed(ArrowColumn column, int at, int width, long slot) {
    switch (width) {
      case 1:
        Platform.putByte(buffer, slot, column.getByte(at));
        break;
      case 2:
        Platform.putShort(buffer, slot, column.getShort(at));
        break;
      case 4:
        Platform.putInt(buffer, slot, column.getInt(at));
        break;
      default:
        Platform.putLong(buffer, slot, column.getLong(at));
    }
  }

  private void bytes(ArrowColumn column, int at, long slot) {
    int start = column.start(at);
    int count = column.start(at + 1) - start;
    int begin = reserve(slot, count);
    column.copyBytes(start, count, buffer, BASE + begin);
  }

  private void numbers(ArrowColumn column, int at, int width, long slot) {
    int start = column.start(at);
    int count = column.start(at + 1) - start;
    int head = UnsafeArrayData.calculateHeaderPortionInBytes(count);
    int begin = reserve(slot, inWords(Math.addExact(head, Math.multiplyExact(count, width))));
    Arrays.fill(buffer, begin, begin + head, (byte) 0);
    Platform.putLong(buffer, BASE + begin, count);
    ArrowColumn elements = column.getChild(0);
    elements.copy(start, count, buffer, BASE + begin + head);
    for (int i = 0; i < count && elements.mayHaveNulls(); i++) {
      if (elements.isNullAt(start + i)) {
        BitSetMethods.set(buffer, BASE + begin + WORD, i);
        int value = begin + head + i * width;
        Arrays.fill(buffer, value, value + width, (byte) 0);
      }
    }
  }

  /** The size of what is as long and fills its last word. Of an array that is its size. */
  private static int inWords(int bytes) {
    return Math.addExact(bytes, WORD - 1) / WORD * WORD;
  }

  /** Room for so many bytes, which the column's slot then points to; the place where they go. */
  private int reserve(long slot, int bytes) {
    int begin = end;
    end = Math.addExact(begin, inWords(bytes));
    if (end > buffer.length) {
      long ample = Math.min(Integer.MAX_VALUE - WORD, end * 3L / 2);
      buffer = Arrays.copyOf(buffer, (int) Math.max(end, ample));
    }
    if (end > begin) {
      // What the value leaves of its last word.
      Platform.putLong(buffer, BASE + end - WORD, 0);
    }
    Platform.putLong(buffer, slot, (long) begin << 32 | bytes);
    return begin;
  }
}
