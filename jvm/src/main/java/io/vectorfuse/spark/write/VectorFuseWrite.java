package io.vectorfuse.spark.write;

import io.vectorfuse.spark.metrics.TransferMetrics;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.write.BatchWrite;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.Write;

/** A write as it was decided. Has no effect on the store: EXPLAIN comes this far. */
final class VectorFuseWrite implements Write {
  private final String table;
  private final LogicalWriteInfo info;
  private final String mode;

  VectorFuseWrite(String table, LogicalWriteInfo info, String mode) {
    this.table = table;
    this.info = info;
    this.mode = mode;
  }

  @Override
  public String description() {
    return mode + " " + table;
  }

  @Override
  public BatchWrite toBatch() {
    return new VectorFuseBatchWrite(info, mode);
  }

  @Override
  public CustomMetric[] supportedCustomMetrics() {
    return TransferMetrics.declared();
  }
}
