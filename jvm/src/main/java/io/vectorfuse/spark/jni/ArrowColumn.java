package io.vectorfuse.spark.jni;

import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.UserDefinedType;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarArray;
import org.apache.spark.sql.vectorized.ColumnarMap;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * One column of a batch, read where the native side put it: strings and vectors are not copied
 * until Spark asks for a copy.
 *
 * <p>The memory belongs to the reader, which releases it with its next batch or its close; {@link
 * #close} does nothing. Values are in Spark's own units (days, microseconds). Asking for a value of
 * a null row gives an arbitrary value for primitives, and null for everything else.
 */
final class ArrowColumn extends ColumnVector {
  private final ArrowField field;
  private final int length;

  /** Row r of this column is the value {@code offset + r} of the buffers. */
  private final long offset;

  /** Bits, 1 = there is a value; 0 where no row is null. */
  private final long validity;

  /** The values; for texts and bytes what the offsets point into. */
  private final long data;

  /** The 32-bit offsets of texts, bytes, lists and maps. */
  private final long offsets;

  private final ArrowColumn[] children;

  /**
   * The columns of a batch.
   *
   * @param root the batches' schema
   * @param schema what Spark was told; names and layouts are compared
   * @param array an ArrowArray with a batch; it must live as long as the columns are used
   * @throws IllegalStateException if the batch does not fit the schema
   */
  static ColumnVector[] read(ArrowField root, StructType schema, long array) {
    if (ArrowStructs.member(array, ArrowStructs.ARRAY_NULL_COUNT) > 0) {
      throw new IllegalStateException("a batch has rows that are null as a whole");
    }
    return children(
        root, schema, array, ArrowStructs.member(array, ArrowStructs.ARRAY_OFFSET), rows(array));
  }

  /** How many rows a batch has. */
  static int rows(long array) {
    return Math.toIntExact(ArrowStructs.member(array, ArrowStructs.ARRAY_LENGTH));
  }

  private ArrowColumn(ArrowField field, DataType declared, long array, long base, int length) {
    super(behind(declared));
    DataType type = dataType();
    this.field = field;
    this.length = length;
    this.offset = base + ArrowStructs.member(array, ArrowStructs.ARRAY_OFFSET);
    int buffers = (int) ArrowStructs.member(array, ArrowStructs.ARRAY_N_BUFFERS);
    boolean noNulls = ArrowStructs.member(array, ArrowStructs.ARRAY_NULL_COUNT) == 0;
    this.validity = noNulls || buffers == 0 ? 0 : buffer(array, 0);
    switch (field.layout) {
      case NULL:
        require(type instanceof NullType);
        this.data = 0;
        this.offsets = 0;
        this.children = new ArrowColumn[0];
        break;
      case BITS:
      case FIXED:
      case DECIMAL:
        require(buffers == 2 && fixed(field, type));
        this.data = buffer(array, 1);
        this.offsets = 0;
        this.children = new ArrowColumn[0];
        break;
      case TEXT:
      case BINARY:
        require(buffers == 3 && (type instanceof StringType || type instanceof BinaryType));
        this.offsets = buffer(array, 1);
        this.data = buffer(array, 2);
        this.children = new ArrowColumn[0];
        break;
      case LIST:
        require(buffers == 2 && type instanceof ArrayType);
        this.offsets = buffer(array, 1);
        this.data = 0;
        long elements = ArrowStructs.pointer(array, ArrowStructs.ARRAY_CHILDREN, 0);
        this.children =
            new ArrowColumn[] {
              new ArrowColumn(
                  field.children[0], ((ArrayType) type).elementType(), elements, 0, rows(elements))
            };
        break;
      case MAP:
        require(buffers == 2 && type instanceof MapType);
        this.offsets = buffer(array, 1);
        this.data = 0;
        long entries = ArrowStructs.pointer(array, ArrowStructs.ARRAY_CHILDREN, 0);
        MapType map = (MapType) type;
        long start = ArrowStructs.member(entries, ArrowStructs.ARRAY_OFFSET);
        ArrowField[] parts = field.children[0].children;
        long keys = ArrowStructs.pointer(entries, ArrowStructs.ARRAY_CHILDREN, 0);
        long values = ArrowStructs.pointer(entries, ArrowStructs.ARRAY_CHILDREN, 1);
        this.children =
            new ArrowColumn[] {
              new ArrowColumn(parts[0], map.keyType(), keys, start, rows(entries)),
              new ArrowColumn(parts[1], map.valueType(), values, start, rows(entries))
            };
        break;
      default:
        // Spark 4 reads a variant out of two binaries, value and metadata.
        require(
            type instanceof StructType
                || (type.typeName().equals("variant") && field.children.length == 2));
        this.data = 0;
        this.offsets = 0;
        this.children = children(field, type, array, offset, length);
    }
  }

  /** The type of a column's values: of a user-defined type, the one that Spark keeps them in. */
  private static DataType behind(DataType type) {
    return type instanceof UserDefinedType ? ((UserDefinedType<?>) type).sqlType() : type;
  }

  private static ArrowColumn[] children(
      ArrowField field, DataType type, long array, long base, int length) {
    ArrowColumn[] children = new ArrowColumn[field.children.length];
    StructField[] fields = type instanceof StructType ? ((StructType) type).fields() : null;
    if (fields != null && fields.length != children.length) {
      throw mismatch(field, type);
    }
    for (int i = 0; i < children.length; i++) {
      ArrowField child = field.children[i];
      if (fields != null && !fields[i].name().equals(child.name)) {
        throw mismatch(child, type);
      }
      DataType childType = fields == null ? DataTypes.BinaryType : fields[i].dataType();
      long address = ArrowStructs.pointer(array, ArrowStructs.ARRAY_CHILDREN, i);
      children[i] = new ArrowColumn(child, childType, address, base, length);
    }
    return children;
  }

  /** Whether Spark reads as many bytes of a value as there are. */
  private static boolean fixed(ArrowField field, DataType type) {
    if (field.layout == ArrowField.Layout.DECIMAL) {
      return type instanceof DecimalType
          && ((DecimalType) type).precision() == field.precision
          && ((DecimalType) type).scale() == field.scale;
    }
    boolean composed =
        type instanceof StringType
            || type instanceof BinaryType
            || type instanceof DecimalType
            || type instanceof ArrayType
            || type instanceof MapType
            || type instanceof StructType;
    boolean bits = field.layout == ArrowField.Layout.BITS;
    return !composed
        && bits == type instanceof BooleanType
        && (bits || type.defaultSize() == field.width);
  }

  private void require(boolean fits) {
    if (!fits) {
      throw mismatch(field, type);
    }
  }

  private static IllegalStateException mismatch(ArrowField field, DataType type) {
    return new IllegalStateException(
        "column " + field.path + " has the Arrow format " + field.format + ", not one of " + type);
  }

  private static long buffer(long array, int i) {
    return ArrowStructs.pointer(array, ArrowStructs.ARRAY_BUFFERS, i);
  }

  @Override
  public void close() {}

  @Override
  public boolean hasNull() {
    return numNulls() > 0;
  }

  @Override
  public int numNulls() {
    int nulls = 0;
    for (int row = 0; row < length && (validity != 0 || nullLayout()); row++) {
      nulls += isNullAt(row) ? 1 : 0;
    }
    return nulls;
  }

  private boolean nullLayout() {
    return field.layout == ArrowField.Layout.NULL;
  }

  @Override
  public boolean isNullAt(int row) {
    return validity == 0 ? nullLayout() : !bit(validity, offset + row);
  }

  /** Whether it takes a look to know that a row is no null. */
  boolean mayHaveNulls() {
    return validity != 0;
  }

  private static boolean bit(long bits, long i) {
    return (Platform.getByte(null, bits + (i >> 3)) >> (i & 7) & 1) == 1;
  }

  @Override
  public boolean getBoolean(int row) {
    return bit(data, offset + row);
  }

  @Override
  public byte getByte(int row) {
    return Platform.getByte(null, data + offset + row);
  }

  @Override
  public short getShort(int row) {
    return Platform.getShort(null, data + ((offset + row) << 1));
  }

  @Override
  public int getInt(int row) {
    return Platform.getInt(null, data + ((offset + row) << 2));
  }

  @Override
  public long getLong(int row) {
    return Platform.getLong(null, data + ((offset + row) << 3));
  }

  @Override
  public float getFloat(int row) {
    return Platform.getFloat(null, data + ((offset + row) << 2));
  }

  @Override
  public double getDouble(int row) {
    return Platform.getDouble(null, data + ((offset + row) << 3));
  }

  @Override
  public byte[] getBytes(int row, int count) {
    byte[] values = new byte[count];
    copy(row, count, values, Platform.BYTE_ARRAY_OFFSET);
    return values;
  }

  @Override
  public short[] getShorts(int row, int count) {
    short[] values = new short[count];
    copy(row, count, values, Platform.SHORT_ARRAY_OFFSET);
    return values;
  }

  @Override
  public int[] getInts(int row, int count) {
    int[] values = new int[count];
    copy(row, count, values, Platform.INT_ARRAY_OFFSET);
    return values;
  }

  @Override
  public long[] getLongs(int row, int count) {
    long[] values = new long[count];
    copy(row, count, values, Platform.LONG_ARRAY_OFFSET);
    return values;
  }

  @Override
  public float[] getFloats(int row, int count) {
    float[] values = new float[count];
    copy(row, count, values, Platform.FLOAT_ARRAY_OFFSET);
    return values;
  }

  @Override
  public double[] getDoubles(int row, int count) {
    double[] values = new double[count];
    copy(row, count, values, Platform.DOUBLE_ARRAY_OFFSET);
    return values;
  }

  /** Copies values of a fixed width, from this row on. */
  void copy(int row, int count, Object values, long valuesOffset) {
    long from = data + (offset + row) * field.width;
    Platform.copyMemory(null, from, values, valuesOffset, (long) count * field.width);
  }

  /** Copies bytes of the texts, from this one on. */
  void copyBytes(int start, int count, Object bytes, long bytesOffset) {
    Platform.copyMemory(null, data + start, bytes, bytesOffset, count);
  }

  /**
   * Where the bytes of a text begin, or the elements of an array; those of the row before end
   * there.
   */
  int start(int row) {
    return Platform.getInt(null, offsets + ((offset + row) << 2));
  }

  @Override
  public UTF8String getUTF8String(int row) {
    if (isNullAt(row)) {
      return null;
    }
    int start = start(row);
    return UTF8String.fromAddress(null, data + start, start(row + 1) - start);
  }

  @Override
  public byte[] getBinary(int row) {
    if (isNullAt(row)) {
      return null;
    }
    int start = start(row);
    byte[] bytes = new byte[start(row + 1) - start];
    copyBytes(start, bytes.length, bytes, Platform.BYTE_ARRAY_OFFSET);
    return bytes;
  }

  @Override
  public Decimal getDecimal(int row, int precision, int scale) {
    return isNullAt(row)
        ? null
        : Decimals.read(data + (offset + row) * Decimals.WIDTH, precision, scale);
  }

  @Override
  public ColumnarArray getArray(int row) {
    if (isNullAt(row)) {
      return null;
    }
    int start = start(row);
    return new ColumnarArray(children[0], start, start(row + 1) - start);
  }

  @Override
  public ColumnarMap getMap(int row) {
    if (isNullAt(row)) {
      return null;
    }
    int start = start(row);
    return new ColumnarMap(children[0], children[1], start, start(row + 1) - start);
  }

  @Override
  public ArrowColumn getChild(int ordinal) {
    return children[ordinal];
  }
}
