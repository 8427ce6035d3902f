package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Random;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.Test;

/** Spark's own reading and writing of its schemas is the oracle. */
public class SchemaJsonTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static void assertAsSpark(StructType schema) throws IOException {
    JsonNode json = MAPPER.readTree(schema.json());
    assertEquals(json, SchemaJson.write(schema));
    assertEquals(DataType.fromJson(schema.json()), SchemaJson.read(json));
  }

  /**
   * The columns that need nothing of Spark's, each by itself, since one other makes all Spark's.
   */
  @Test
  public void columnsOfEveryType() throws IOException {
    for (int seed = 0; seed < 20; seed++) {
      StructType random = new RandomRows(new Random(seed)).schema();
      assertAsSpark(random);
      for (StructField field : random.fields()) {
        assertAsSpark(new StructType(new StructField[] {field}));
        assertAsSpark(new StructType().add(field.name(), field.dataType(), false));
      }
    }
    assertAsSpark(new StructType());
  }

  @Test
  public void whatMayBeNull() throws IOException {
    assertAsSpark(
        new StructType()
            .add("none", DataTypes.createArrayType(DataTypes.FloatType, false), false)
            .add("some", DataTypes.createArrayType(DataTypes.FloatType, true))
            .add("m", DataTypes.createMapType(DataTypes.StringType, DataTypes.LongType, false))
            .add("s", new StructType().add("inner", DataTypes.DateType, false)));
  }

  @Test
  public void metadata() throws IOException {
    Metadata metadata = new MetadataBuilder().putString("comment", "x").putLong("n", 7).build();
    StructType inner = new StructType().add("a \"b\"\n", DataTypes.LongType, true, metadata);
    assertAsSpark(new StructType().add("s", DataTypes.createArrayType(inner)));
  }

  @Test
  public void otherTypes() throws IOException {
    assertAsSpark(
        new StructType()
            .add("plain", DataTypes.StringType)
            .add("months", DataTypes.createYearMonthIntervalType())
            .add("decimal", DataTypes.createArrayType(DataTypes.createDecimalType(20, 3))));
  }
}
