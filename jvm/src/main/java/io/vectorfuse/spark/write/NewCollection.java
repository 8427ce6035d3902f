package io.vectorfuse.spark.write;

/** Where {@link Save} writes to if the collection must not be there. Users never name it. */
public final class NewCollection extends AnyCollection {
  @Override
  String mode() {
    return "create";
  }
}
