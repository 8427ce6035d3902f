package io.vectorfuse.spark.jni;

/**
 * The whole native surface. Everything small crosses it as UTF-8 JSON, everything big as Arrow C
 * structs at an address that the caller allocated. Every method throws {@link
 * io.vectorfuse.spark.VectorFuseException} when it fails.
 *
 * <p>Handles are numbers in a table, never pointers: a stale one is an error. {@link
 * NativeLibrary#load()} comes before the first call.
 */
final class Native {
  /** The reader has no more batches. */
  static final int END = 0;

  /** A batch was given. */
  static final int BATCH = 1;

  /** The writer takes the next batch. */
  static final int READY = 1;

  /**
   * Nothing happened for a moment (about 250 ms): look whether the task is to stop, and call again.
   */
  static final int PENDING = 2;

  private Native() {}

  /** Answers one question of the driver, see {@link Control}. */
  static native byte[] call(byte[] request);

  /**
   * Starts to read a split.
   *
   * @param split the split as {@link Control#planRead} gave it, UTF-8
   * @param schemaAddress an empty ArrowSchema, filled with the schema of the batches
   * @return the reader's handle
   */
  static native long openReader(byte[] split, long schemaAddress);

  /**
   * Releases what the ArrowArray at the address holds, then fills it with the next batch.
   *
   * @return {@link #END} (the struct is empty), {@link #BATCH} or {@link #PENDING} (the struct is
   *     empty)
   */
  static native int readBatch(long reader, long arrayAddress);

  /**
   * Starts the write of a task.
   *
   * @param task JSON: the plan and the partition
   * @param schemaAddress an empty ArrowSchema, filled with the schema of the batches that the
   *     writer wants
   * @return the writer's handle
   */
  static native long openWriter(byte[] task, long schemaAddress);

  /**
   * Hands a batch over, or waits on after {@link #PENDING}.
   *
   * @param arrayAddress the batch; 0 to wait on
   * @return {@link #READY} for the next batch, or {@link #PENDING}: the batch is taken, but wait
   *     before the next
   */
  static native int writeBatch(long writer, long arrayAddress);

  /** The commit message, or null: not done yet, call again. */
  static native byte[] commitWriter(long writer);

  /**
   * What a reader or writer has counted, in the order of the declared metrics; until it is closed.
   */
  static native long[] metrics(long handle);

  /**
   * Ends a reader or writer; a writer without commit aborts. Does nothing for a handle that is
   * closed.
   */
  static native void close(long handle);
}
