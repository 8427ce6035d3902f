package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.util.Random;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.apache.spark.unsafe.Platform;
import org.junit.Test;

/** Rows are, byte by byte, those that Spark itself makes of the same columns. */
public final class RowBuilderTest {
  private static final DataType[] FIXED = {
    DataTypes.ByteType,
    DataTypes.ShortType,
    DataTypes.IntegerType,
    DataTypes.LongType,
    DataTypes.FloatType,
    DataTypes.DoubleType,
    DataTypes.DateType,
    DataTypes.TimestampType,
    DataTypes.TimestampNTZType
  };

  private static final DataType[] OTHERS = {
    DataTypes.NullType, DataTypes.BooleanType, DataTypes.StringType, DataTypes.BinaryType
  };

  private static final DataType VECTOR = DataTypes.createArrayType(DataTypes.FloatType, true);

  private final long seed = Long.getLong("vectorfuse.test.seed", System.nanoTime());

  @Test
  public void randomRowsAreWhatSparkMakesOfThem() {
    System.out.println("RowBuilderTest: -Dvectorfuse.test.seed=" + seed);
    Random random = new Random(seed);
    int rows = 0;
    // Of so many columns that their nulls need a second word.
    for (int round = 0; round < 20; round++) {
      StructType schema = new StructType().add("vector", VECTOR);
      for (int i = random.nextInt(90); i > 0; i--) {
        schema = schema.add("column" + i, type(random));
      }
      rows += compare(schema, random);
    }
    assertTrue(rows > 1000);
  }

  @Test
  public void onlyRowsWithArraysOfNumbersAndOfKnownTypesAreMadeHere() {
    StructType schema = new StructType().add("vector", VECTOR);
    for (DataType type : FIXED) {
      schema = schema.add("f" + schema.size(), type);
      assertFalse(RowBuilder.fits(new StructType().add("f", type)));
      assertTrue(RowBuilder.fits(new StructType().add("f", DataTypes.createArrayType(type))));
    }
    for (DataType type : OTHERS) {
      schema = schema.add("f" + schema.size(), type);
      assertFalse(RowBuilder.fits(new StructType().add("f", DataTypes.createArrayType(type))));
    }
    assertTrue(RowBuilder.fits(schema));
    DataType[] unknown = {
      DataTypes.createDecimalType(10, 2),
      DataTypes.createArrayType(VECTOR),
      DataTypes.createMapType(DataTypes.StringType, VECTOR),
      new StructType().add("vector", VECTOR),
      DataTypes.CalendarIntervalType,
      DataTypes.createDayTimeIntervalType()
    };
    for (DataType type : unknown) {
      assertFalse(type.toString(), RowBuilder.fits(schema.add("unknown", type)));
    }
    assertFalse(RowBuilder.fits(new StructType()));
  }

  private static DataType type(Random random) {
    if (random.nextInt(3) == 0) {
      return OTHERS[random.nextInt(OTHERS.length)];
    }
    DataType type = FIXED[random.nextInt(FIXED.length)];
    return random.nextInt(3) == 0 ? DataTypes.createArrayType(type, true) : type;
  }

  /** How many rows were compared. */
  private static int compare(StructType schema, Random random) {
    RandomRows source = new RandomRows(random);
    try (SchemaStruct struct = new SchemaStruct(schema)) {
      ArrowField root = ArrowField.read(struct.address);
      ArrowBatchBuilder builder = new ArrowBatchBuilder(root);
      int count = 50 + random.nextInt(50);
      for (int i = 0; i < count; i++) {
        builder.append(source.row(schema));
      }
      long array = builder.lend();
      ColumnarBatch batch =
          new ColumnarBatch(ArrowColumn.read(root, schema, array), ArrowColumn.rows(array));
      UnsafeProjection spark = UnsafeProjection.create(schema);
      RowBuilder ours = new RowBuilder(schema);
      ours.read(batch);
      for (int i = 0; i < count; i++) {
        UnsafeRow expected = spark.apply(batch.getRow(i));
        assertEquals(schema.catalogString() + " " + i, expected, ours.row(i));
      }
      Platform.putLong(null, ArrowStructs.member(array, ArrowStructs.ARRAY_PRIVATE_DATA), 1);
      builder.free();
      return count;
    }
  }
}
