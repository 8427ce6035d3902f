package io.vectorfuse.spark.write;

import io.vectorfuse.spark.ActiveSession;
import io.vectorfuse.spark.QueryReads;
import io.vectorfuse.spark.jni.Control;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.connector.write.BatchWrite;
import org.apache.spark.sql.connector.write.DataWriterFactory;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.PhysicalWriteInfo;
import org.apache.spark.sql.connector.write.WriterCommitMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's side of a write: prepares the collection when the job starts, and ends the write
 * when it is over.
 */
final class VectorFuseBatchWrite implements BatchWrite {
  private static final Logger LOG = LoggerFactory.getLogger(VectorFuseBatchWrite.class);

  /** A task that is killed notices within seconds, unless its executor is out of reach. */
  private static final Duration LONGEST_END = Duration.ofMinutes(1);

  private final LogicalWriteInfo info;
  private final Map<String, String> options;
  private final String mode;

  /** The plan and the attempts, from when the job starts. */
  private String plan;

  private TaskAttempts attempts;

  VectorFuseBatchWrite(LogicalWriteInfo info, Map<String, String> options, String mode) {
    this.info = info;
    this.options = options;
    this.mode = mode;
  }

  /**
   * Creates, checks or empties the collection; nothing before this has an effect on the store.
   *
   * @throws io.vectorfuse.spark.VectorFuseException if the query does not fit the collection, or
   *     the store fails
   */
  @Override
  public DataWriterFactory createBatchWriterFactory(PhysicalWriteInfo physical) {
    Control.WritePlan planned =
        Control.planWrite(
            options,
            ActiveSession.options(),
            info.schema(),
            mode,
            info.queryId(),
            QueryReads.ofThisQuery());
    plan = planned.plan;
    attempts = new TaskAttempts(ActiveSession.context(), info.queryId());
    return new VectorFuseWriterFactory(planned, info.schema());
  }

  /**
   * Every attempt of a task may commit: its rows are in the store before that, and another attempt
   * writes the same points. Asking the driver first would gain nothing, and a row that fails in the
   * commit would leave the next attempt waiting for a permission that the failed one still holds.
   */
  @Override
  public boolean useCommitCoordinator() {
    return false;
  }

  @Override
  public void commit(WriterCommitMessage[] messages) {
    finish(messages, "commit");
  }

  /** Never throws: Spark is about to throw what made the write fail. */
  @Override
  public void abort(WriterCommitMessage[] messages) {
    if (plan == null) {
      return;
    }
    try {
      finish(messages, "abort");
    } catch (RuntimeException error) {
      LOG.warn("the write failed, and so did its abort", error);
    }
  }

  /** Only when no attempt is left that could still write. */
  private void finish(WriterCommitMessage[] messages, String outcome) {
    List<String> texts = texts(messages);
    boolean others = attempts.await(LONGEST_END) > texts.size();
    Control.finishWrite(plan, texts, others, outcome);
  }

  /** The messages of the tasks that committed; Spark leaves null for the others. */
  private static List<String> texts(WriterCommitMessage[] messages) {
    List<String> texts = new ArrayList<>();
    for (WriterCommitMessage message : messages) {
      if (message != null) {
        texts.add(((TaskCommit) message).message());
      }
    }
    return texts;
  }
}
