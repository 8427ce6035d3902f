package io.vectorfuse.spark.jni;

import java.nio.charset.StandardCharsets;
import org.apache.spark.unsafe.Platform;

/**
 * Where the members of the Arrow C Data Interface's two structs stand (64-bit platforms), and how a
 * text is read. The layout is fixed by Arrow's specification.
 */
final class ArrowStructs {
  /**
   * struct ArrowSchema {format, name, metadata, flags, n_children, children, dictionary, release,
   * private_data}.
   */
  static final int SCHEMA_SIZE = 72;

  static final int SCHEMA_FORMAT = 0;
  static final int SCHEMA_NAME = 8;
  static final int SCHEMA_N_CHILDREN = 32;
  static final int SCHEMA_CHILDREN = 40;
  static final int SCHEMA_DICTIONARY = 48;

  /**
   * struct ArrowArray {length, null_count, offset, n_buffers, n_children, buffers, children,
   * dictionary, release, private_data}.
   */
  static final int ARRAY_SIZE = 80;

  static final int ARRAY_LENGTH = 0;
  static final int ARRAY_NULL_COUNT = 8;
  static final int ARRAY_OFFSET = 16;
  static final int ARRAY_N_BUFFERS = 24;
  static final int ARRAY_N_CHILDREN = 32;
  static final int ARRAY_BUFFERS = 40;
  static final int ARRAY_CHILDREN = 48;
  static final int ARRAY_DICTIONARY = 56;
  static final int ARRAY_PRIVATE_DATA = 72;

  static final int POINTER_SIZE = 8;

  private ArrowStructs() {}

  /** The 8-byte member at an offset of a struct. */
  static long member(long struct, int offset) {
    return Platform.getLong(null, struct + offset);
  }

  /** The i-th pointer of the array of pointers that stands at a member of a struct. */
  static long pointer(long struct, int offset, int i) {
    return Platform.getLong(null, member(struct, offset) + (long) i * POINTER_SIZE);
  }

  /** A UTF-8 text that ends with a zero byte; null for the address 0. */
  static String text(long address) {
    if (address == 0) {
      return null;
    }
    int length = 0;
    while (Platform.getByte(null, address + length) != 0) {
      length++;
    }
    byte[] bytes = new byte[length];
    Platform.copyMemory(null, address, bytes, Platform.BYTE_ARRAY_OFFSET, length);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
