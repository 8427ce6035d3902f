package io.vectorfuse.spark;

import java.util.Locale;

/**
 * What every failure of VectorFuse looks like to Spark and to its user: one exception with a kind,
 * so that a program can tell "no such collection" from "the server is busy" without reading the
 * text.
 *
 * <p>Native code finds this class by name and builds it with {@link #VectorFuseException(String,
 * String)}. It carries nothing but strings, so that it survives the way from an executor to the
 * driver.
 */
public final class VectorFuseException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What went wrong, as far as a program needs to know. */
  public enum Kind {
    /** An option is unknown, missing, contradicts another, or does not fit the schema. */
    OPTIONS,
    /** The collection, database, alias or file does not exist. */
    NOT_FOUND,
    /** What should be created exists. */
    ALREADY_EXISTS,
    /** The store refused the credentials, or what they may do. */
    DENIED,
    /** A value does not fit its type or its field. */
    DATA,
    /** The store, its version or this platform cannot do it. */
    UNSUPPORTED,
    /** The store asked for a pause, longer than the retries lasted. */
    RATE_LIMITED,
    /** The store could not be reached, or gave up, longer than the retries lasted. */
    UNAVAILABLE,
    /** A defect of VectorFuse. */
    INTERNAL
  }

  private final Kind kind;

  /**
   * @param kind the name of a {@link Kind}; null or any other name counts as {@link Kind#INTERNAL}
   * @param message what failed, where, and the server's own words; null counts as empty
   */
  public VectorFuseException(String kind, String message) {
    this(kindOf(kind), message, null);
  }

  /**
   * @param kind the kind, not null
   * @param message what failed; null counts as empty
   * @param cause what led to it, or null
   */
  public VectorFuseException(Kind kind, String message, Throwable cause) {
    super("[" + kind + "] " + (message == null ? "" : message), cause);
    this.kind = kind;
  }

  /** The kind, never null. */
  public Kind kind() {
    return kind;
  }

  private static Kind kindOf(String name) {
    if (name != null) {
      for (Kind kind : Kind.values()) {
        if (kind.name().equals(name.toUpperCase(Locale.ROOT))) {
          return kind;
        }
      }
    }
    return Kind.INTERNAL;
  }
}
