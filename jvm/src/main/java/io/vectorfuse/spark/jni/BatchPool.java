package io.vectorfuse.spark.jni;

import java.util.ArrayList;
import java.util.List;

/**
 * The buffer sets of one writer: normally one, more while the native side still reads from those
 * that were lent. How many there are is bounded by the native side, which takes no batch while it
 * is busy.
 */
final class BatchPool {
  private final ArrowField schema;
  private final List<ArrowBatchBuilder> builders = new ArrayList<>();

  BatchPool(ArrowField schema) {
    this.schema = schema;
  }

  /**
   * An empty buffer set: one that is not lent (the last that was taken among them), or a new one.
   */
  ArrowBatchBuilder take() {
    for (ArrowBatchBuilder builder : builders) {
      if (builder.isFree()) {
        builder.clear();
        return builder;
      }
    }
    ArrowBatchBuilder builder = new ArrowBatchBuilder(schema);
    builders.add(builder);
    return builder;
  }

  /** How many buffer sets there are. */
  int size() {
    return builders.size();
  }

  /**
   * Frees all buffer sets that are not lent; one that is lent, against what the native side
   * promises at its close, is left alone, since freeing memory that is read would be worse than
   * losing it.
   *
   * @return how many stayed lent
   */
  int free() {
    int lent = 0;
    for (ArrowBatchBuilder builder : builders) {
      if (builder.isFree()) {
        builder.free();
      } else {
        lent++;
      }
    }
    builders.clear();
    return lent;
  }
}
