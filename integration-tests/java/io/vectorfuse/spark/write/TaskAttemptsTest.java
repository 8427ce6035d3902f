package io.vectorfuse.spark.write;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertNull;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.testing.Eventually;
import io.vectorfuse.spark.testing.Failures;
import io.vectorfuse.spark.testing.SharedSpark;
import java.time.Duration;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.Before;
import org.junit.Test;

/** A write ends when every attempt of its tasks has, however long Spark has told them to stop. */
public final class TaskAttemptsTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  /** Static, since tasks get copies of everything else. */
  private static volatile CountDownLatch slowHasBegun;

  private static volatile CountDownLatch slowMayEnd;
  private static volatile boolean slowHasEnded;

  private final JavaSparkContext spark =
      JavaSparkContext.fromSparkContext(SharedSpark.session().sparkContext());

  @Before
  public void begin() {
    slowHasBegun = new CountDownLatch(1);
    slowMayEnd = new CountDownLatch(1);
    slowHasEnded = false;
  }

  @Test
  public void aTaskThatAFailedJobHasLeftIsWaitedFor() throws Exception {
    TaskAttempts attempts = watched();
    failWhileAnotherTaskRuns();
    assertFalse(slowHasEnded);
    Thread later =
        new Thread(
            () -> {
              try {
                Thread.sleep(500); // in which nobody may go on
              } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
              }
              slowMayEnd.countDown();
            },
            "lets-the-slow-task-end");
    later.start();
    assertEquals(2, attempts.await(LONG));
    assertTrue(slowHasEnded);
    later.join();
  }

  @Test
  public void aTaskThatDoesNotEndIsGivenUp() throws Exception {
    TaskAttempts attempts = watched();
    failWhileAnotherTaskRuns();
    assertEquals(2, attempts.await(Duration.ofMillis(300)));
    assertFalse(slowHasEnded);
    slowMayEnd.countDown();
    Eventually.holds("the task ended", 30, () -> slowHasEnded);
  }

  @Test
  public void onlyTheLastStageOfTheThreadsOwnJobCounts() throws Exception {
    TaskAttempts attempts = watched();
    Thread other = new Thread(() -> spark.parallelize(Arrays.asList(1, 2), 2).count(), "other-job");
    other.start();
    other.join();
    assertEquals(
        9, spark.parallelize(Arrays.asList(1, 2, 3, 4, 5, 6, 7, 8, 9), 4).repartition(3).count());
    assertEquals(3, attempts.await(LONG));
    assertEquals("it is known from then on", 3, attempts.await(LONG));
  }

  @Test
  public void theThreadsLaterJobsAreNotItsOwn() {
    TaskAttempts attempts = watched();
    assertNotNull(spark.getLocalProperty("vectorfuse.write"));
    spark.parallelize(Arrays.asList(1, 2), 2).count();
    attempts.await(LONG);
    assertNull(spark.getLocalProperty("vectorfuse.write"));
    spark.parallelize(Arrays.asList(1, 2), 2).count();
    assertEquals(2, attempts.await(LONG));
  }

  private TaskAttempts watched() {
    return new TaskAttempts(spark.sc(), UUID.randomUUID().toString());
  }

  /** Spark takes a job for over as soon as one task has failed too often. */
  private void failWhileAnotherTaskRuns() {
    Throwable failure =
        Failures.thrownBy(
            () ->
                spark
                    .parallelize(Arrays.asList(0, 1), 2)
                    .foreach(
                        number -> {
                          if (number == 0) {
                            slowHasBegun.await();
                            throw new IllegalStateException("this task fails on purpose");
                          }
                          slowHasBegun.countDown();
                          slowHasEnded = slowMayEnd.await(LONG.toMillis(), TimeUnit.MILLISECONDS);
                        }));
    assertTrue(Failures.printed(failure).contains("this task fails on purpose"));
  }
}
