package io.vectorfuse.spark.jni;

import java.nio.charset.StandardCharsets;
import org.apache.spark.sql.catalyst.InternalRow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the rows of one task: collects them into batches and hands those over. Owns the native
 * writer, the struct of its schema and the buffers; used by one thread.
 */
public final class BatchWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BatchWriter.class);

  private final long writer;
  private final long schemaStruct;
  private final BatchPool pool;
  private final long flushRows;
  private final long flushBytes;
  private ArrowBatchBuilder filling;

  /** The native side has not yet said that it takes another batch. */
  private boolean pending;

  private long[] counts = new long[0];
  private boolean closed;

  /**
   * Opens the native writer.
   *
   * @param task the plan and the partition, as {@link Control#task} puts them together
   * @param flushRows how many rows a batch has at most, at least 1
   * @param flushBytes after how many bytes of buffers a batch is handed over
   * @throws io.vectorfuse.spark.VectorFuseException if the writer cannot be opened
   * @throws IllegalStateException if it wants a column of a format that is not known here
   */
  public BatchWriter(byte[] task, long flushRows, long flushBytes) {
    NativeLibrary.load();
    this.flushRows = flushRows;
    this.flushBytes = flushBytes;
    this.schemaStruct = NativeMemory.allocateZeroed(ArrowStructs.SCHEMA_SIZE);
    boolean open = false;
    long handle = 0;
    try {
      handle = Native.openWriter(task, schemaStruct);
      this.writer = handle;
      this.pool = new BatchPool(ArrowField.read(schemaStruct));
      open = true;
    } finally {
      if (!open) {
        end(handle);
      }
    }
  }

  /**
   * Copies a row, and hands a batch over when it is full. Waits while the store is slower than the
   * rows come.
   *
   * @throws io.vectorfuse.spark.VectorFuseException if a value does not fit, or the store fails
   * @throws org.apache.spark.TaskKilledException if Spark has killed the task
   */
  public void write(InternalRow row) {
    if (filling == null) {
      filling = pool.take();
    }
    filling.append(row);
    if (filling.rows() >= flushRows || filling.bytes() >= flushBytes) {
      flush();
    }
  }

  /**
   * Hands over what is left and waits until the store has taken everything.
   *
   * @return the commit message
   */
  public String commit() {
    if (filling != null && filling.rows() > 0) {
      flush();
    }
    awaitReady();
    byte[] message = Native.commitWriter(writer);
    while (message == null) {
      TaskInterrupt.check();
      message = Native.commitWriter(writer);
    }
    return new String(message, StandardCharsets.UTF_8);
  }

  private void flush() {
    // What a killed task hands over, another attempt has written as well.
    TaskInterrupt.check();
    awaitReady();
    ArrowBatchBuilder full = filling;
    filling = null;
    pending = Native.writeBatch(writer, full.lend()) == Native.PENDING;
  }

  /**
   * Waits until the native side takes the next batch; the rows of that are collected meanwhile, so
   * it comes late.
   */
  private void awaitReady() {
    while (pending) {
      TaskInterrupt.check();
      pending = Native.writeBatch(writer, 0) == Native.PENDING;
    }
  }

  /** What was counted so far, in the order of the declared metrics; also after the close. */
  public long[] counts() {
    return closed ? counts : Native.metrics(writer);
  }

  /**
   * Ends the write (without a commit: aborts it) and frees its memory; a second call does nothing.
   */
  @Override
  public void close() {
    if (!closed) {
      try {
        counts = Native.metrics(writer);
      } finally {
        closed = true;
        filling = null;
        end(writer);
        int lent = pool.free();
        if (lent > 0) {
          LOG.error(
              "the native writer kept {} batches after its close; their memory is lost", lent);
        }
      }
    }
  }

  private void end(long handle) {
    if (handle != 0) {
      Native.close(handle);
    }
    NativeMemory.free(schemaStruct, ArrowStructs.SCHEMA_SIZE);
  }
}
