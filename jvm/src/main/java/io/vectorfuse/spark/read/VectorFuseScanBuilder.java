package io.vectorfuse.spark.read;

import io.vectorfuse.spark.jni.Control;
import java.util.OptionalInt;
import org.apache.spark.sql.connector.expressions.SortOrder;
import org.apache.spark.sql.connector.expressions.aggregate.Aggregation;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.read.SupportsPushDownAggregates;
import org.apache.spark.sql.connector.read.SupportsPushDownLimit;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.connector.read.SupportsPushDownTopN;
import org.apache.spark.sql.connector.read.SupportsPushDownV2Filters;
import org.apache.spark.sql.types.StructType;

/**
 * Collects what Spark's optimizer pushes into a read, and asks the store's side what comes of it:
 * first the predicates, then aggregates or columns, then a limit.
 */
public final class VectorFuseScanBuilder
    implements ScanBuilder,
        SupportsPushDownV2Filters,
        SupportsPushDownRequiredColumns,
        SupportsPushDownAggregates,
        SupportsPushDownLimit,
        SupportsPushDownTopN {
  private final Control.Loaded loaded;
  private StructType required;
  private Predicate[] pushed = new Predicate[0];
  private OptionalInt limit = OptionalInt.empty();
  private SortOrder[] orders = new SortOrder[0];

  private Aggregation asked;
  private Control.PushedDown answer;

  /** What the builder has become, once aggregates were pushed: nothing else can be any more. */
  private Control.PushedDown aggregated;

  /**
   * @param loaded the table; without pruning all its columns are read
   */
  public VectorFuseScanBuilder(Control.Loaded loaded) {
    this.loaded = loaded;
    this.required = loaded.schema;
  }

  @Override
  public Predicate[] pushPredicates(Predicate[] predicates) {
    Control.Accepted accepted = Control.accepts(loaded.table, predicates);
    pushed = accepted.pushed;
    return accepted.left;
  }

  @Override
  public Predicate[] pushedPredicates() {
    return pushed.clone();
  }

  @Override
  public boolean supportCompletePushDown(Aggregation aggregation) {
    return ask(aggregation) != null;
  }

  /** The whole result comes, in one part: nothing is left for Spark to add up. */
  @Override
  public boolean pushAggregation(Aggregation aggregation) {
    aggregated = ask(aggregation);
    return aggregated != null;
  }

  /** Asked once of each aggregation: the store may have to look. */
  private Control.PushedDown ask(Aggregation aggregation) {
    if (aggregation != asked) {
      answer = Control.aggregates(loaded.table, pushed, aggregation);
      asked = aggregation;
    }
    return answer;
  }

  @Override
  public void pruneColumns(StructType requiredSchema) {
    this.required = requiredSchema;
  }

  /** Each part of the collection stops after so many rows, and Spark takes as many of all. */
  @Override
  public boolean pushLimit(int rows) {
    if (!loaded.limits || aggregated != null) {
      return false;
    }
    limit = OptionalInt.of(rows);
    return true;
  }

  /** More rows than the first ones may come, in any order: Spark sorts them. */
  @Override
  public boolean pushTopN(SortOrder[] wanted, int rows) {
    if (aggregated != null || !Control.orders(loaded.table, wanted, rows)) {
      return false;
    }
    limit = OptionalInt.of(rows);
    orders = wanted;
    return true;
  }

  @Override
  public boolean isPartiallyPushed() {
    return true;
  }

  @Override
  public Scan build() {
    return new VectorFuseScan(
        aggregated != null
            ? aggregated
            : Control.pushDown(loaded.table, required, pushed, limit, orders));
  }
}
