package io.vectorfuse.spark.jni;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeArrayData;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** Writes and reads as a job does, with the boundary's own classes and without Spark's jobs. */
public final class DirectTransfer {
  private static final Map<String, String> NO_SESSION = Collections.emptyMap();
  static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.LongType)
          .add("vector", DataTypes.createArrayType(DataTypes.FloatType))
          .add("text", DataTypes.StringType);

  private DirectTransfer() {}

  /** Writes rows with the ids from 0 on, and commits. */
  public static void write(Map<String, String> options, int rows) {
    Control.WritePlan plan = planWrite(options);
    String message;
    try (BatchWriter writer = writer(plan)) {
      for (int id = 0; id < rows; id++) {
        writer.write(row(id));
      }
      message = writer.commit();
    }
    Control.finishWrite(plan.plan, Collections.singletonList(message), false, "commit");
  }

  /** Reads everything, and gives how many rows that were. */
  public static int read(Map<String, String> options) {
    int rows = 0;
    Control.PushedDown scan = scan(options, "3.5.9");
    for (String split : Control.planRead(scan.scan, 2).splits) {
      try (BatchReader reader = reader(scan, split)) {
        while (reader.next()) {
          rows += reader.batch().numRows();
        }
      }
    }
    return rows;
  }

  /** Opens a reader of the first split and leaves it open. */
  public static BatchReader open(Map<String, String> options) {
    Control.PushedDown scan = scan(options, "3.5.9");
    return reader(scan, Control.planRead(scan.scan, 1).splits[0]);
  }

  static BatchReader reader(Control.PushedDown scan, String split) {
    return new BatchReader(split.getBytes(StandardCharsets.UTF_8), scan.schema);
  }

  /** All columns, as a Spark of this version gets them. */
  static Control.PushedDown scan(Map<String, String> options, String spark) {
    Control.Loaded loaded = Control.load(options, NO_SESSION, spark, null);
    return Control.pushDown(loaded.table, loaded.schema, new Predicate[0], new Chosen());
  }

  static Control.WritePlan planWrite(Map<String, String> options) {
    Map<String, String> all = new HashMap<>(options);
    all.put("distance", "euclid");
    String query = UUID.randomUUID().toString();
    return Control.planWrite(all, NO_SESSION, SCHEMA, "append", query, Collections.emptyList());
  }

  static BatchWriter writer(Control.WritePlan plan) {
    return new BatchWriter(Control.task(plan.plan, 0), plan.flushRows, plan.flushBytes);
  }

  static InternalRow row(long id) {
    return new GenericInternalRow(
        new Object[] {
          id,
          UnsafeArrayData.fromPrimitiveArray(new float[] {id, 1}),
          UTF8String.fromString("row " + id)
        });
  }
}
