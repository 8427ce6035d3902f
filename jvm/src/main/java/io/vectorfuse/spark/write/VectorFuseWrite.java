package io.vectorfuse.spark.write;

import io.vectorfuse.spark.metrics.TransferMetrics;
import java.util.Map;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.write.BatchWrite;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.Write;

/** A write as it was decided. Has no effect on the store: EXPLAIN comes this far. */
final class VectorFuseWrite implements Write {
  private final String table;
  private final LogicalWriteInfo info;
  private final Map<String, String> options;
  private final String mode;

  VectorFuseWrite(String table, LogicalWriteInfo info, Map<String, String> options, String mode) {
    this.table = table;
    this.info = info;
    this.options = options;
    this.mode = mode;
  }

  @Override
  public String description() {
    return mode + " " + table;
  }

  /** What EXPLAIN shows of a write; no option may stand here. */
  @Override
  public String toString() {
    return description();
  }

  @Override
  public BatchWrite toBatch() {
    return new VectorFuseBatchWrite(info, options, mode);
  }

  @Override
  public CustomMetric[] supportedCustomMetrics() {
    return TransferMetrics.declared();
  }
}
