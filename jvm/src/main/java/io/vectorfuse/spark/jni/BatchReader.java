package io.vectorfuse.spark.jni;

import io.vectorfuse.spark.VectorFuseException;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * Reads one split, batch by batch. Owns the native reader and the two Arrow structs through which
 * schema and batches come. One thread reads. Another one may close: Spark's task does while the
 * thread that feeds a Python worker still reads, and what that thread looks at must stay until it
 * has ended.
 */
public final class BatchReader implements AutoCloseable {
  private final StructType schema;
  private final ArrowField root;
  private final long reader;
  private final long schemaStruct;
  private final long arrayStruct;
  private ColumnarBatch batch;
  private long[] counts = new long[0];
  private boolean closed;

  /** The thread that waits for a batch or looks at one, or null. */
  private Thread reading;

  /**
   * Opens the split.
   *
   * @param split the split, as {@link Control#planRead} gave it, in UTF-8
   * @param schema what the scan said that it gives
   * @throws io.vectorfuse.spark.VectorFuseException if the split cannot be opened
   * @throws IllegalStateException if the native side has a column of a format that is not known
   *     here
   */
  public BatchReader(byte[] split, StructType schema) {
    NativeLibrary.load();
    this.schema = schema;
    this.schemaStruct = NativeMemory.allocateZeroed(ArrowStructs.SCHEMA_SIZE);
    this.arrayStruct = NativeMemory.allocateZeroed(ArrowStructs.ARRAY_SIZE);
    boolean open = false;
    long handle = 0;
    try {
      handle = Native.openReader(split, schemaStruct);
      this.reader = handle;
      this.root = ArrowField.read(schemaStruct);
      open = true;
    } finally {
      if (!open) {
        end(handle);
      }
    }
  }

  /**
   * Waits for the next batch. The batch before it is no longer valid, whatever comes.
   *
   * @return whether there is one
   * @throws VectorFuseException if the store fails, or the read was closed
   * @throws org.apache.spark.TaskKilledException if Spark kills the task meanwhile
   */
  public boolean next() {
    begin();
    boolean found = false;
    try {
      found = read();
    } finally {
      if (!found) {
        finish();
      }
    }
    return found;
  }

  private boolean read() {
    batch = null;
    int state = Native.readBatch(reader, arrayStruct);
    while (state == Native.PENDING) {
      TaskInterrupt.check();
      state = Native.readBatch(reader, arrayStruct);
    }
    if (state == Native.BATCH) {
      batch =
          new ColumnarBatch(
              ArrowColumn.read(root, schema, arrayStruct), ArrowColumn.rows(arrayStruct));
    }
    return batch != null;
  }

  /** The batch that {@link #next} found; valid until the next call of it or of {@link #close}. */
  public ColumnarBatch batch() {
    return batch;
  }

  private synchronized void begin() {
    if (closed) {
      throw new VectorFuseException(
          VectorFuseException.Kind.INTERNAL,
          "no open reader or writer: the read was closed, by another thread if its task has ended",
          null);
    }
    reading = Thread.currentThread();
  }

  private synchronized void finish() {
    reading = null;
  }

  /** What was counted so far, in the order of the declared metrics; also after the close. */
  public synchronized long[] counts() {
    return closed ? counts : Native.metrics(reader);
  }

  /**
   * Ends the read and frees its memory, once no other thread looks at it; a second call does
   * nothing.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    Thread other = reading == Thread.currentThread() ? null : reading;
    try {
      counts = Native.metrics(reader);
    } finally {
      if (other == null) {
        batch = null;
        end(reader);
      } else {
        endAfter(other);
      }
    }
  }

  /** Spark interrupts that thread as soon as the task has closed what it reads. */
  private void endAfter(Thread other) {
    Thread last =
        new Thread(
            () -> {
              boolean alive = true;
              while (alive) {
                try {
                  other.join();
                  alive = false;
                } catch (InterruptedException interrupted) {
                  // Nobody but the JVM's end stops this thread.
                }
              }
              end(reader);
            },
            "vectorfuse-close");
    last.setDaemon(true);
    last.start();
  }

  private void end(long handle) {
    // The native side releases what the structs hold, so they are freed after it.
    if (handle != 0) {
      Native.close(handle);
    }
    NativeMemory.free(schemaStruct, ArrowStructs.SCHEMA_SIZE);
    NativeMemory.free(arrayStruct, ArrowStructs.ARRAY_SIZE);
  }
}
