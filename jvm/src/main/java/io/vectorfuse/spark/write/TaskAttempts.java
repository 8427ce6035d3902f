package io.vectorfuse.spark.write;

import java.time.Duration;
import java.util.HashSet;
import java.util.Properties;
import java.util.Set;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The attempts of a write's tasks, on the driver. Spark ends a write as soon as one attempt of each
 * task has won, or one task has failed too often; the others are told to stop, and still run, and
 * write, until they do. So the write is settled once all of them have ended.
 *
 * <p>Knows the write's job by a property of the thread that runs it.
 */
final class TaskAttempts extends SparkListener {
  private static final Logger LOG = LoggerFactory.getLogger(TaskAttempts.class);
  private static final String PROPERTY = "vectorfuse.write";
  private static final int NONE = -1;

  private final SparkContext context;
  private final String query;
  private final Set<Long> running = new HashSet<>();

  private int job = NONE;
  private boolean jobEnded;

  /**
   * The stage that writes: the last of the job's, since Spark numbers a stage after those that it
   * needs.
   */
  private int stage = NONE;

  private boolean watching;

  /** How many attempts there were so far. */
  private long begun;

  /**
   * Watches the job that this thread will start for the query, until {@link #await} returns.
   *
   * @param query Spark's id of the query
   */
  TaskAttempts(SparkContext context, String query) {
    this.context = context;
    this.query = query;
    this.watching = true;
    context.addSparkListener(this);
    context.setLocalProperty(PROPERTY, query);
  }

  /**
   * Waits until every attempt has ended; once, a second call returns at once.
   *
   * @param longest after which it gives up, with a warning in the log: an executor that nobody
   *     reaches may never end
   * @return how many attempts there were
   */
  long await(Duration longest) {
    if (watching) {
      watching = false;
      boolean interrupted = false;
      try {
        awaitEnds(longest);
      } catch (InterruptedException error) {
        interrupted = true;
      }
      // Without the lock: Spark may wait here for the thread of its events, and that one for the
      // lock.
      context.removeSparkListener(this);
      context.setLocalProperty(PROPERTY, null);
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return begun();
  }

  private synchronized void awaitEnds(Duration longest) throws InterruptedException {
    long end = System.nanoTime() + longest.toNanos();
    long left = longest.toMillis();
    while (left > 0 && !(jobEnded && running.isEmpty()) && !context.isStopped()) {
      // Nothing tells that a context stops, so it is asked.
      wait(Math.min(left, 1000));
      left = Duration.ofNanos(end - System.nanoTime()).toMillis();
    }
    if (!running.isEmpty()) {
      LOG.warn(
          "{} attempts of tasks were told to stop and still run: what they write from now on, this"
              + " write no longer knows",
          running.size());
    }
  }

  private synchronized long begun() {
    return begun;
  }

  @Override
  public synchronized void onJobStart(SparkListenerJobStart event) {
    if (isOurs(event.properties())) {
      job = event.jobId();
      jobEnded = false;
    }
  }

  @Override
  public synchronized void onStageSubmitted(SparkListenerStageSubmitted event) {
    if (isOurs(event.properties()) && event.stageInfo().stageId() > stage) {
      stage = event.stageInfo().stageId();
      running.clear();
      begun = 0;
    }
  }

  @Override
  public synchronized void onTaskStart(SparkListenerTaskStart event) {
    if (event.stageId() == stage) {
      running.add(event.taskInfo().taskId());
      begun++;
    }
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    if (running.remove(event.taskInfo().taskId())) {
      notifyAll();
    }
  }

  @Override
  public synchronized void onJobEnd(SparkListenerJobEnd event) {
    if (event.jobId() == job) {
      jobEnded = true;
      notifyAll();
    }
  }

  private boolean isOurs(Properties properties) {
    return properties != null && query.equals(properties.getProperty(PROPERTY));
  }
}
