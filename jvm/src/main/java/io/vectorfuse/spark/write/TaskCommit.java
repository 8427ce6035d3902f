package io.vectorfuse.spark.write;

import org.apache.spark.sql.connector.write.WriterCommitMessage;

/** What a task that committed tells the driver: text that only the native side understands. */
final class TaskCommit implements WriterCommitMessage {
  private static final long serialVersionUID = 1L;

  private final String message;

  TaskCommit(String message) {
    this.message = message;
  }

  String message() {
    return message;
  }
}
