package io.vectorfuse.spark.testing;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.VectorFuseException;
import java.io.PrintWriter;
import java.io.StringWriter;

/** What failing looks like. */
public final class Failures {

  private Failures() {}

  /** Something that is expected to fail. */
  public interface Action {
    /** Does it. */
    void run() throws Throwable;
  }

  /** Runs something and gives what it threw; fails if it threw nothing. */
  public static Throwable thrownBy(Action action) {
    try {
      action.run();
    } catch (Throwable thrown) {
      return thrown;
    }
    throw new AssertionError("this was to fail, and did not");
  }

  /**
   * Runs something that fails with a VectorFuseException, perhaps as the cause of one of Spark's,
   * and gives ours.
   */
  public static VectorFuseException expect(VectorFuseException.Kind kind, Action action) {
    Throwable thrown = thrownBy(action);
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof VectorFuseException) {
        VectorFuseException ours = (VectorFuseException) cause;
        assertEquals(ours.getMessage(), kind, ours.kind());
        assertTrue(ours.getMessage(), ours.getMessage().startsWith("[" + kind + "] "));
        return ours;
      }
    }
    throw new AssertionError("no VectorFuseException among the causes", thrown);
  }

  /** An exception as a log shows it, with its stack and its causes. */
  public static String printed(Throwable thrown) {
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text, true));
    return text.toString();
  }
}
