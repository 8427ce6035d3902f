package io.vectorfuse.spark.read;

import io.vectorfuse.spark.jni.BatchReader;
import io.vectorfuse.spark.metrics.TransferMetrics;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;
import org.apache.spark.sql.connector.read.PartitionReader;

/** One task's read of its split, whatever it gives: what was counted, and its end. */
abstract class SplitReader<T> implements PartitionReader<T> {
  protected final BatchReader reader;

  SplitReader(BatchReader reader) {
    this.reader = reader;
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
