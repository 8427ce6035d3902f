package io.vectorfuse.spark.read;

import io.vectorfuse.spark.ActiveSession;
import io.vectorfuse.spark.QueryReads;
import io.vectorfuse.spark.jni.Control;
import io.vectorfuse.spark.metrics.TransferMetrics;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.apache.spark.sql.connector.expressions.Expressions;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.read.Batch;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.Statistics;
import org.apache.spark.sql.connector.read.SupportsReportStatistics;
import org.apache.spark.sql.connector.read.SupportsRuntimeV2Filtering;
import org.apache.spark.sql.types.StructType;

/**
 * A read as it was decided: its columns, its words for EXPLAIN, and its splits once somebody runs
 * it.
 */
final class VectorFuseScan
    implements Scan, Batch, SupportsRuntimeV2Filtering, SupportsReportStatistics {
  private final Control.PushedDown pushedDown;

  /** What is read: the scan as it was decided, or less of it, once a running query knows more. */
  private String scan;

  private Control.Size size;
  private InputPartition[] partitions;

  VectorFuseScan(Control.PushedDown pushedDown) {
    this.pushedDown = pushedDown;
    this.scan = pushedDown.scan;
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

  /** About how much is read; asked once, since Spark asks often. */
  @Override
  public synchronized Statistics estimateStatistics() {
    if (size == null) {
      size = Control.statistics(pushedDown.scan);
    }
    Control.Size known = size;
    return new Statistics() {
      @Override
      public OptionalLong sizeInBytes() {
        return known.bytes;
      }

      @Override
      public OptionalLong numRows() {
        return known.rows;
      }
    };
  }

  @Override
  public NamedReference[] filterAttributes() {
    NamedReference[] columns = new NamedReference[pushedDown.lookups.length];
    for (int i = 0; i < columns.length; i++) {
      // Unquoted, a dot would part the name.
      columns[i] = Expressions.column('`' + pushedDown.lookups[i].replace("`", "``") + '`');
    }
    return columns;
  }

  /**
   * The keys of a join, once its other side is known. What is left out here the join leaves out.
   */
  @Override
  public synchronized void filter(Predicate[] predicates) {
    scan = Control.narrow(pushedDown.scan, predicates).scan;
    partitions = null;
  }

  /** The splits, planned once: Spark asks more than once and must get the same. */
  @Override
  public synchronized InputPartition[] planInputPartitions() {
    if (partitions == null) {
      Control.ReadPlan plan = Control.planRead(scan, ActiveSession.parallelism());
      QueryReads.add(plan.source);
      partitions = new InputPartition[plan.splits.length];
      for (int i = 0; i < partitions.length; i++) {
        partitions[i] = new SplitPartition(plan.splits[i].getBytes(StandardCharsets.UTF_8));
      }
    }
    return partitions.clone();
  }

  @Override
  public PartitionReaderFactory createReaderFactory() {
    return new VectorFuseReaderFactory(pushedDown.schema);
  }
}
