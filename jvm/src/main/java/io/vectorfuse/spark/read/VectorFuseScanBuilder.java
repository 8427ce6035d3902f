package io.vectorfuse.spark.read;

import io.vectorfuse.spark.jni.Chosen;
import io.vectorfuse.spark.jni.Control;
import java.util.OptionalInt;
import org.apache.spark.sql.connector.expressions.SortOrder;
import org.apache.spark.sql.connector.expressions.aggregate.Aggregation;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.read.SupportsPushDownAggregates;
import org.apache.spark.sql.connector.read.SupportsPushDownLimit;
import org.apache.spark.sql.connector.read.SupportsPushDownOffset;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.connector.read.SupportsPushDownTableSample;
import org.apache.spark.sql.connector.read.SupportsPushDownTopN;
import org.apache.spark.sql.connector.read.SupportsPushDownV2Filters;
import org.apache.spark.sql.types.StructType;

/**
 * Collects what Spark's optimizer pushes into a read, and asks the store's side what comes of it:
 * first a sample, then the predicates, then aggregates, then a limit, an offset and the columns.
 */
public final class VectorFuseScanBuilder
    implements ScanBuilder,
        SupportsPushDownV2Filters,
        SupportsPushDownRequiredColumns,
        SupportsPushDownAggregates,
        SupportsPushDownLimit,
        SupportsPushDownOffset,
        SupportsPushDownTableSample,
        SupportsPushDownTopN {
  private final Control.Loaded loaded;
  private StructType required;
  private Predicate[] pushed = new Predicate[0];
  private final Chosen chosen = new Chosen();

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
    if (chosen.sample != null) {
      return null;
    }
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

  /**
   * A row is in the sample by a hash of its id, so that a filter may come before or after. Of two
   * samples Spark draws the second itself.
   */
  @Override
  public boolean pushTableSample(
      double lowerBound, double upperBound, boolean withReplacement, long seed) {
    if (withReplacement || chosen.sample != null || !loaded.samples) {
      return false;
    }
    chosen.sample = new Chosen.Sample(lowerBound, upperBound, seed);
    return true;
  }

  /** Each part of the collection stops after so many rows, and Spark takes as many of all. */
  @Override
  public boolean pushLimit(int rows) {
    if (!loaded.limits || aggregated != null || chosen.offset.isPresent()) {
      return false;
    }
    chosen.limit = OptionalInt.of(rows);
    return true;
  }

  /**
   * Comes after {@link #pushLimit} if what is passed over was counted there too. Alone it would
   * make one task read all that follows.
   */
  @Override
  public boolean pushOffset(int rows) {
    boolean isWhole = chosen.sample == null && chosen.orders.length == 0 && aggregated == null;
    if (!isWhole
        || !chosen.limit.isPresent()
        || !Control.skips(loaded.table, chosen.limit.getAsInt(), rows)) {
      return false;
    }
    chosen.offset = OptionalInt.of(rows);
    return true;
  }

  /** More rows than the first ones may come, in any order: Spark sorts them. */
  @Override
  public boolean pushTopN(SortOrder[] wanted, int rows) {
    if (aggregated != null
        || chosen.sample != null
        || chosen.offset.isPresent()
        || !Control.orders(loaded.table, wanted, rows)) {
      return false;
    }
    chosen.limit = OptionalInt.of(rows);
    chosen.orders = wanted;
    return true;
  }

  /** Limits and sorts alike: Spark does them again over what the parts give. */
  @Override
  public boolean isPartiallyPushed() {
    return true;
  }

  @Override
  public Scan build() {
    return new VectorFuseScan(
        aggregated != null ? aggregated : Control.pushDown(loaded.table, required, pushed, chosen));
  }
}
