package io.vectorfuse.spark.jni;

import io.vectorfuse.spark.VectorFuseException;
import io.vectorfuse.spark.testing.Failures;
import java.nio.charset.StandardCharsets;

/** Makes the native side panic. Its feature {@code faults} is for this alone. */
final class Panic {
  private static final byte[] REQUEST = "{\"call\":\"panic\"}".getBytes(StandardCharsets.UTF_8);

  private Panic() {}

  /** Panics, and gives what came of it. */
  static VectorFuseException inRust() {
    NativeLibrary.load();
    VectorFuseException error =
        Failures.expect(VectorFuseException.Kind.INTERNAL, () -> Native.call(REQUEST));
    if (!error.getMessage().contains("a panic on purpose")) {
      throw new AssertionError(
          "the jar does not know how to panic: build it with -Pfeatures=faults", error);
    }
    return error;
  }
}
