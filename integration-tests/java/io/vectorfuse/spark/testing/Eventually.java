package io.vectorfuse.spark.testing;

import java.util.function.BooleanSupplier;

/** Waits for what happens on another thread. */
public final class Eventually {

  private Eventually() {}

  /** Fails if the condition does not hold within some seconds. */
  public static void holds(String what, int seconds, BooleanSupplier condition)
      throws InterruptedException {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("within " + seconds + " s it did not come true that " + what);
      }
      Thread.sleep(20);
    }
  }
}
