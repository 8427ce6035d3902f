package io.vectorfuse.spark.jni;

import org.apache.spark.unsafe.Platform;

/** A buffer in raw memory that grows as it is filled, and keeps its memory when it is emptied. */
final class GrowingBuffer {
  /** Enough for a validity bitmap of a usual batch; small, since a wide row has many buffers. */
  private static final int FIRST_CAPACITY = 256;

  private long address = NativeMemory.allocate(FIRST_CAPACITY);
  private long capacity = FIRST_CAPACITY;
  private long used;

  /** Where the buffer starts; changes whenever the buffer grows. */
  long address() {
    return address;
  }

  /** How many bytes are in use. */
  long used() {
    return used;
  }

  /**
   * Takes the next bytes into use, whatever they hold.
   *
   * @return the address of the first
   */
  long take(long bytes) {
    long end = used + bytes;
    if (end > capacity) {
      long larger = Math.max(end, capacity * 2);
      address = NativeMemory.reallocate(address, capacity, larger);
      capacity = larger;
    }
    long taken = address + used;
    used = end;
    return taken;
  }

  void putInt(int value) {
    Platform.putInt(null, take(4), value);
  }

  /** Takes bytes into use until there are so many, and clears or sets the new ones. */
  void fillUpTo(long bytes, byte value) {
    if (bytes > used) {
      long missing = bytes - used;
      Platform.setMemory(take(missing), value, missing);
    }
  }

  void clear() {
    used = 0;
  }

  void free() {
    NativeMemory.free(address, capacity);
    address = 0;
    capacity = 0;
    used = 0;
  }
}
