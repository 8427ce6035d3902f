package io.vectorfuse.spark;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import io.vectorfuse.spark.testing.SharedSpark;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.QueryExecution;
import org.apache.spark.sql.util.QueryExecutionListener;
import org.junit.Test;

/**
 * What a user sees of wrong options and of secret ones. Needs the native library, and no server.
 */
public final class OptionErrorsTest {
  private final SparkSession spark = SharedSpark.session();

  @Test
  public void anUnknownOptionOfAReadIsAnErrorOfItsKind() {
    try {
      spark
          .read()
          .format("vectorfuse")
          .option("store", "qdrant")
          .option("url", "http://127.0.0.1:1")
          .option("collection", "c")
          .option("colection", "c")
          .load();
      fail("the option was accepted");
    } catch (VectorFuseException error) {
      assertEquals(VectorFuseException.Kind.OPTIONS, error.kind());
      assertTrue(error.getMessage(), error.getMessage().startsWith("[OPTIONS] "));
      assertTrue(error.getMessage(), error.getMessage().contains("colection"));
    }
  }

  @Test
  public void anUnknownOptionOfAWriteIsAnErrorOfItsKind() {
    try {
      spark
          .range(3)
          .write()
          .format("vectorfuse")
          .mode("append")
          .option("store", "qdrant")
          .option("url", "http://127.0.0.1:1")
          .option("collection", "c")
          .option("wait_for_it", "true")
          .save();
      fail("the option was accepted");
    } catch (VectorFuseException error) {
      assertEquals(VectorFuseException.Kind.OPTIONS, error.kind());
      assertTrue(error.getMessage(), error.getMessage().contains("wait_for_it"));
    }
  }

  @Test
  public void anUnknownOptionOfTheSessionIsAnErrorOfItsKind() {
    spark.conf().set("spark.vectorfuse.colection", "c");
    try {
      spark
          .read()
          .format("vectorfuse")
          .option("store", "qdrant")
          .option("url", "http://127.0.0.1:1")
          .option("collection", "c")
          .load();
      fail("the option was accepted");
    } catch (VectorFuseException error) {
      assertEquals(VectorFuseException.Kind.OPTIONS, error.kind());
    } finally {
      spark.conf().unset("spark.vectorfuse.colection");
    }
  }

  @Test
  public void aSecretStandsInNoPlan() {
    Plans plans = new Plans();
    spark.listenerManager().register(plans);
    try {
      Dataset<Row> rows = spark.range(3).toDF("id");
      // Nobody listens on that port: the write fails after its plans were made.
      rows.write()
          .format("vectorfuse")
          .mode("append")
          .option("store", "qdrant")
          .option("url", "http://127.0.0.1:1")
          .option("collection", "c")
          .option("max_retries", "0")
          .option("api_key", "s3cr3t")
          .save();
      fail("there is a server on port 1");
    } catch (Exception error) {
      for (Throwable cause = error; cause != null; cause = cause.getCause()) {
        assertFalse(String.valueOf(cause), String.valueOf(cause).contains("s3cr3t"));
      }
      String seen = plans.await();
      assertTrue(seen, seen.contains("api_key"));
      assertFalse(seen, seen.contains("s3cr3t"));
    } finally {
      spark.listenerManager().unregister(plans);
    }
  }

  /** Prints the plans of a query the way that listeners and the UI do. */
  private static final class Plans implements QueryExecutionListener {
    private String seen;

    @Override
    public void onSuccess(String function, QueryExecution query, long nanos) {
      see(query);
    }

    @Override
    public void onFailure(String function, QueryExecution query, Exception error) {
      see(query);
    }

    private synchronized void see(QueryExecution query) {
      seen =
          query.toString()
              + query.logical().treeString()
              + query.analyzed().treeString()
              + query.optimizedPlan().treeString()
              + query.executedPlan().treeString()
              + query.executedPlan().simpleStringWithNodeId();
      notifyAll();
    }

    synchronized String await() {
      long end = System.currentTimeMillis() + 30_000;
      while (seen == null && System.currentTimeMillis() < end) {
        try {
          wait(1_000);
        } catch (InterruptedException stopped) {
          Thread.currentThread().interrupt();
          break;
        }
      }
      return String.valueOf(seen);
    }
  }
}
