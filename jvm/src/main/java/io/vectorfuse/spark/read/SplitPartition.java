package io.vectorfuse.spark.read;

import org.apache.spark.sql.connector.read.InputPartition;

/** One split on its way to the task that reads it: bytes that only the native side understands. */
final class SplitPartition implements InputPartition {
  private static final long serialVersionUID = 1L;

  private final byte[] split;

  SplitPartition(byte[] split) {
    this.split = split;
  }

  byte[] split() {
    return split;
  }
}
