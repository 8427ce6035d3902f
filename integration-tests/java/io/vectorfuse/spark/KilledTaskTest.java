package io.vectorfuse.spark;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.jni.Holdings;
import io.vectorfuse.spark.testing.Eventually;
import io.vectorfuse.spark.testing.Failures;
import io.vectorfuse.spark.testing.FreezingProxy;
import io.vectorfuse.spark.testing.SharedSpark;
import io.vectorfuse.spark.testing.TestCollection;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataTypes;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/**
 * A task that waits for a store that does not answer ends when it is killed, long before any
 * timeout, and leaves nothing behind.
 */
public final class KilledTaskTest {
  private static final int SECONDS = 5;

  /** Static, since tasks get copies of everything else. */
  private static volatile FreezingProxy proxy;

  private final SparkSession spark = SharedSpark.session();
  private TestCollection direct;
  private TestCollection slow;

  @Before
  public void start() throws Exception {
    direct = TestCollection.shared("killed");
    proxy = new FreezingProxy(direct.option("url"));
    slow = direct.with("url", proxy.url());
  }

  @After
  public void stop() throws Exception {
    proxy.close();
  }

  @Test
  public void aKilledReadEnds() throws Exception {
    readThatIsKilled(false);
  }

  @Test
  public void aKilledReadWhoseThreadIsInterruptedEnds() throws Exception {
    readThatIsKilled(true);
  }

  @Test
  public void aKilledWriteEnds() throws Exception {
    writeThatIsKilled(false);
  }

  @Test
  public void aKilledWriteWhoseThreadIsInterruptedEnds() throws Exception {
    writeThatIsKilled(true);
  }

  private void readThatIsKilled(boolean interrupt) throws Exception {
    direct.append(rows());
    JavaRDD<Row> rows = slow.read().javaRDD();
    // Asked for here, the splits are planned; what hangs later are the tasks.
    assertTrue(rows.getNumPartitions() > 0);
    proxy.freeze();
    assertEndsWhenKilled(interrupt, rows::count);
  }

  private void writeThatIsKilled(boolean interrupt) throws Exception {
    UDF1<Long, Long> freeze =
        value -> {
          proxy.freeze();
          return value;
        };
    spark.udf().register("freeze_the_store", freeze, DataTypes.LongType);
    Dataset<Row> rows = rows().selectExpr("freeze_the_store(id) as id", "vector");
    assertEndsWhenKilled(interrupt, () -> slow.append(rows));
  }

  private void assertEndsWhenKilled(boolean interrupt, Failures.Action job) throws Exception {
    String group = UUID.randomUUID().toString();
    FutureTask<Throwable> ended =
        new FutureTask<>(
            () -> {
              spark.sparkContext().setJobGroup(group, "to be killed", interrupt);
              return Failures.thrownBy(job);
            });
    Thread thread = new Thread(ended, "killed-job");
    thread.start();
    Eventually.holds("the tasks wait for the store", 30, this::tasksWait);
    Thread.sleep(600); // longer than a native method waits before it lets the task look around

    long begin = System.nanoTime();
    spark.sparkContext().cancelJobGroup(group);
    assertCancelled(ended);
    Eventually.holds(
        "the tasks ended: " + Holdings.now(), SECONDS, () -> Holdings.now().isNothing());
    long took = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
    assertTrue("it took " + took + " s", took <= SECONDS);

    direct.append(rows());
    assertEquals(4, direct.read().count());
  }

  private boolean tasksWait() {
    return proxy.isFrozen() && Holdings.now().handles() > 0;
  }

  private static void assertCancelled(FutureTask<Throwable> ended)
      throws InterruptedException, ExecutionException, java.util.concurrent.TimeoutException {
    Throwable thrown = ended.get(SECONDS, TimeUnit.SECONDS);
    String printed = Failures.printed(thrown);
    assertTrue(printed, printed.contains("cancelled"));
  }

  private Dataset<Row> rows() {
    return spark.range(0, 4, 1, 2).selectExpr("id", "array(float(id), float(1)) as vector");
  }
}
