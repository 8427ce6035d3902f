package io.vectorfuse.spark.write;

import io.vectorfuse.spark.jni.BatchWriter;
import io.vectorfuse.spark.jni.Control;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.connector.write.DataWriter;
import org.apache.spark.sql.connector.write.DataWriterFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * Opens the writers on the executors. Carries the plan and, where a variant may be in it, the
 * schema as Spark's JSON.
 */
final class VectorFuseWriterFactory implements DataWriterFactory {
  private static final long serialVersionUID = 1L;

  private final String plan;
  private final long flushRows;
  private final long flushBytes;

  /**
   * The schema, or null. A variant is handed over as the bytes that an UnsafeRow holds; in any
   * other row it is an object, so such rows are projected first. Nothing else needs it, and a
   * schema that merely contains the word loses nothing by it.
   */
  private final String variants;

  VectorFuseWriterFactory(Control.WritePlan planned, StructType schema) {
    this.plan = planned.plan;
    this.flushRows = planned.flushRows;
    this.flushBytes = planned.flushBytes;
    String json = schema.json();
    this.variants = json.contains("\"variant\"") ? json : null;
  }

  /**
   * @throws io.vectorfuse.spark.VectorFuseException if the writer cannot be opened
   */
  @Override
  public DataWriter<InternalRow> createWriter(int partitionId, long taskId) {
    UnsafeProjection projection =
        variants == null ? null : UnsafeProjection.create((StructType) DataType.fromJson(variants));
    return new VectorFuseDataWriter(
        new BatchWriter(Control.task(plan, partitionId), flushRows, flushBytes), projection);
  }
}
