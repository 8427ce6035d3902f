package io.vectorfuse.spark.metrics;

import org.apache.spark.sql.connector.metric.CustomMetric;
import org.apache.spark.sql.connector.metric.CustomSumMetric;
import org.apache.spark.sql.connector.metric.CustomTaskMetric;

/**
 * What a read and a write show in Spark's UI. Each metric stands here once: its name, its words,
 * and its place in the numbers that the native side counts. Spark builds the classes by name, on
 * the driver, with nullary constructors, and adds up what the tasks report.
 */
public final class TransferMetrics {

  private TransferMetrics() {}

  /** The metrics that a scan or a write declares, in the order of the native side's numbers. */
  public static CustomMetric[] declared() {
    return new CustomMetric[] {
      new Rows(),
      new Bytes(),
      new Requests(),
      new Retries(),
      new ThrottledTime(),
      new ServerTime(),
      new RejectedRows(),
      new SkippedRows()
    };
  }

  /**
   * What a task reports.
   *
   * @param counts the native side's numbers, in the order of {@link #declared()}
   */
  public static CustomTaskMetric[] reported(long[] counts) {
    CustomMetric[] declared = declared();
    CustomTaskMetric[] reported = new CustomTaskMetric[Math.min(declared.length, counts.length)];
    for (int i = 0; i < reported.length; i++) {
      reported[i] = new Count(declared[i].name(), counts[i]);
    }
    return reported;
  }

  private static final class Count implements CustomTaskMetric {
    private final String name;
    private final long value;

    Count(String name, long value) {
      this.name = name;
      this.value = value;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long value() {
      return value;
    }
  }

  /** A sum with its name and its words. */
  private abstract static class Sum extends CustomSumMetric {
    private final String name;
    private final String description;

    Sum(String name, String description) {
      this.name = name;
      this.description = description;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String description() {
      return description;
    }
  }

  /** Rows that came from the store, or that it took. */
  public static final class Rows extends Sum {
    public Rows() {
      super("vectorfuseRows", "rows");
    }
  }

  /** Bytes that went over the wire with the rows. */
  public static final class Bytes extends Sum {
    public Bytes() {
      super("vectorfuseBytes", "bytes");
    }
  }

  /** Requests to the store, retries among them. */
  public static final class Requests extends Sum {
    public Requests() {
      super("vectorfuseRequests", "requests");
    }
  }

  /** Requests that were sent again. */
  public static final class Retries extends Sum {
    public Retries() {
      super("vectorfuseRetries", "retries");
    }
  }

  /** Time that was spent waiting because the store asked for it. */
  public static final class ThrottledTime extends Sum {
    public ThrottledTime() {
      super("vectorfuseThrottledTime", "throttled time (ms)");
    }
  }

  /** Time that the store says it worked on the requests. */
  public static final class ServerTime extends Sum {
    public ServerTime() {
      super("vectorfuseServerTime", "server time (ms)");
    }
  }

  /** Rows that the store did not take and the options allowed to leave out. */
  public static final class RejectedRows extends Sum {
    public RejectedRows() {
      super("vectorfuseRejectedRows", "rejected rows");
    }
  }

  /** Rows that changed nothing because the options say that their point must stay as it is. */
  public static final class SkippedRows extends Sum {
    public SkippedRows() {
      super("vectorfuseSkippedRows", "skipped rows");
    }
  }
}
