package io.vectorfuse.spark.jni;

import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/**
 * Ends the wait for the native side when Spark kills the task. The native side never asks Spark
 * itself.
 */
final class TaskInterrupt {

  private TaskInterrupt() {}

  /**
   * Returns at once unless this thread's task, if there is one, is to stop.
   *
   * @throws TaskKilledException if Spark killed the task or interrupted the thread
   */
  static void check() {
    TaskContext task = TaskContext.get();
    if (task != null && task.isInterrupted()) {
      task.killTaskIfInterrupted(); // throws, with the reason that Spark was given
      throw new TaskKilledException("killed while it waited for the store");
    }
    if (Thread.interrupted()) {
      throw new TaskKilledException("interrupted while it waited for the store");
    }
  }
}
