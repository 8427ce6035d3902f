package io.vectorfuse.spark.read;

import io.vectorfuse.spark.jni.BatchReader;
import io.vectorfuse.spark.metrics.TransferMetrics;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * One task's read. A batch is valid until the next one is asked for: Spark copies what it keeps.
 */
final class VectorFuseBatchReader implements PartitionReader<ColumnarBatch> {
  private final BatchReader reader;

  VectorFuseBatchReader(BatchReader reader) {
    this.reader = reader;
  }

  @Override
  public boolean next() {
    return reader.next();
  }

  @Override
  public ColumnarBatch get() {
    return reader.batch();
  }

  @Override
  public CustomTaskMetric[] currentMetricsValues() {
    return TransferMetrics.reported(reader.counts());
  }

  @Override
  public void close() {
    reader.close();
  }
}
