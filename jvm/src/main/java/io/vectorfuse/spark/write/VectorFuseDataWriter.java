package io.vectorfuse.spark.write;

import io.vectorfuse.spark.jni.BatchWriter;
import io.vectorfuse.spark.metrics.TransferMetrics;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeProjection;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;
import org.apache.spark.sql.connector.write.DataWriter;
import org.apache.spark.sql.connector.write.WriterCommitMessage;

/** One task's write. Spark calls commit or abort, and close after either. */
final class VectorFuseDataWriter implements DataWriter<InternalRow> {
  private final BatchWriter writer;

  /** For rows that are not UnsafeRows, or null: every row is taken as it is. */
  private final UnsafeProjection projection;

  VectorFuseDataWriter(BatchWriter writer, UnsafeProjection projection) {
    this.writer = writer;
    this.projection = projection;
  }

  @Override
  public void write(InternalRow row) {
    writer.write(projection == null || row instanceof UnsafeRow ? row : projection.apply(row));
  }

  @Override
  public WriterCommitMessage commit() {
    return new TaskCommit(writer.commit());
  }

  /** The native side aborts a write that is closed without a commit. */
  @Override
  public void abort() {
    writer.close();
  }

  @Override
  public CustomTaskMetric[] currentMetricsValues() {
    return TransferMetrics.reported(writer.counts());
  }

  @Override
  public void close() {
    writer.close();
  }
}
