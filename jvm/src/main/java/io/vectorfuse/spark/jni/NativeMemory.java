package io.vectorfuse.spark.jni;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.unsafe.Platform;

/**
 * The only place where memory outside of the heap is allocated, so that its count can prove that
 * all of it came back. Addresses are those of {@code malloc}: aligned for every value type, 16
 * bytes on 64-bit platforms.
 */
final class NativeMemory {
  private static final AtomicLong LIVE_BYTES = new AtomicLong();

  private NativeMemory() {}

  /** How many bytes are allocated and not freed, over all threads. */
  static long liveBytes() {
    return LIVE_BYTES.get();
  }

  /**
   * Memory of the given size (at least 1) in bytes, not initialised; the caller frees it with the
   * same size.
   */
  static long allocate(long size) {
    long address = Platform.allocateMemory(size);
    LIVE_BYTES.addAndGet(size);
    return address;
  }

  /** Like {@link #allocate}, all bytes 0. */
  static long allocateZeroed(long size) {
    long address = allocate(size);
    Platform.setMemory(address, (byte) 0, size);
    return address;
  }

  /** Memory of a new size with the old content, as far as it fits; the old address is freed. */
  static long reallocate(long address, long oldSize, long newSize) {
    long moved = Platform.reallocateMemory(address, oldSize, newSize);
    LIVE_BYTES.addAndGet(newSize - oldSize);
    return moved;
  }

  /** Frees what {@link #allocate} gave; 0 is ignored. */
  static void free(long address, long size) {
    if (address != 0) {
      Platform.freeMemory(address);
      LIVE_BYTES.addAndGet(-size);
    }
  }

  /** Reads a value that another thread stores; what is read or written later stays later. */
  static long acquireLong(long address) {
    long value = Platform.getLong(null, address);
    // Java 8 has no fence for raw memory; an atomic update is one.
    LIVE_BYTES.addAndGet(0);
    return value;
  }
}
