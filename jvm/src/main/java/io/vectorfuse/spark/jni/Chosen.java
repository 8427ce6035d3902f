package io.vectorfuse.spark.jni;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.OptionalInt;
import org.apache.spark.sql.connector.expressions.SortOrder;

/** Which rows are read, of those that the predicates keep: what the store has accepted so far. */
public final class Chosen {
  /** How many rows are enough, if Spark said so; those before the offset count too. */
  public OptionalInt limit = OptionalInt.empty();

  /** How many of them are passed over. */
  public OptionalInt offset = OptionalInt.empty();

  /** Which rows come first; none: any. */
  public SortOrder[] orders = new SortOrder[0];

  /** The sample that they are in, or null for all. */
  public Sample sample;

  /** The rows whose draw, a number from 0 to 1 that depends on the seed, is in a range. */
  public static final class Sample {
    private final double lower;
    private final double upper;
    private final long seed;

    /**
     * @param lower where the range begins, itself in it
     * @param upper where the range ends, itself not in it
     */
    public Sample(double lower, double upper, long seed) {
      this.lower = lower;
      this.upper = upper;
      this.seed = seed;
    }
  }

  void addTo(ObjectNode question) {
    limit.ifPresent(rows -> question.put("limit", rows));
    offset.ifPresent(rows -> question.put("offset", rows));
    question.set("orders", Expressions.json(orders));
    if (sample != null) {
      ObjectNode json = question.putObject("sample");
      json.put("lower", sample.lower);
      json.put("upper", sample.upper);
      json.put("seed", sample.seed);
    }
  }
}
