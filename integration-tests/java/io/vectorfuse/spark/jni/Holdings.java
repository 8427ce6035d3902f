package io.vectorfuse.spark.jni;

import com.fasterxml.jackson.databind.JsonNode;

/** What both sides of the boundary hold on to at a moment. Nothing, when all work is over. */
public final class Holdings {
  private final int handles;
  private final int exported;
  private final int leased;
  private final long bytes;

  private Holdings() {
    JsonNode answer = Control.diagnostics();
    handles = answer.get("handles").asInt();
    exported = answer.get("exported").asInt();
    leased = answer.get("leased").asInt();
    bytes = NativeMemory.liveBytes();
  }

  /** Counts. */
  public static Holdings now() {
    return new Holdings();
  }

  /** How many readers and writers are open. */
  public int handles() {
    return handles;
  }

  /** Whether everything was given back. */
  public boolean isNothing() {
    return handles == 0 && exported == 0 && leased == 0 && bytes == 0;
  }

  @Override
  public String toString() {
    return String.format(
        "%d handles, %d exported, %d leased, %d bytes", handles, exported, leased, bytes);
  }
}
