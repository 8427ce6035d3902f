package io.vectorfuse.spark.read;

import io.vectorfuse.spark.ActiveSession;
import io.vectorfuse.spark.jni.Control;
import io.vectorfuse.spark.metrics.TransferMetrics;
import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.types.StructType;

/**
 * A read as it was decided: its columns, its words for EXPLAIN, and its splits once somebody runs
 * it.
 */
final class VectorFuseScan implements Scan, Batch {
  private final Control.PushedDown pushedDown;
  private InputPartition[] partitions;

  VectorFuseScan(Control.PushedDown pushedDown) {
    this.pushedDown = pushedDown;
  }

  @Override
  public StructType readSchema() {
    return pushedDown.schema;
  }

  @Override
  public String description() {
    return pushedDown.description;
  }

  @Override
  public Batch toBatch() {
    return this;
  }

  @Override
  public CustomMetric[] supportedCustomMetrics() {
    return TransferMetrics.declared();
  }

  /** The splits, planned once: Spark asks more than once and must get the same. */
  @Override
  public synchronized InputPartition[] planInputPartitions() {
    if (partitions == null) {
      String[] splits = Control.planRead(pushedDown.scan, ActiveSession.parallelism());
      partitions = new InputPartition[splits.length];
      for (int i = 0; i < splits.length; i++) {
        partitions[i] = new SplitPartition(splits[i].getBytes(StandardCharsets.UTF_8));
      }
    }
    return partitions.clone();
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new VectorFuseReaderFactory(pushedDown.schema.json());
  }
}
