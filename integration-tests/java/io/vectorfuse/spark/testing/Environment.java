package io.vectorfuse.spark.testing;

/** What the tests are told from outside. Missing is a failure, never a reason to skip. */
final class Environment {

  private Environment() {}

  /** The url of the Qdrant that tests share. */
  static String sharedUrl() {
    return required(
        "VECTORFUSE_QDRANT_URL",
        "the url of a Qdrant that answers gRPC, for example http://localhost:6334");
  }

  /** The binary that serves Qdrant's engine, for tests that need a server of their own. */
  static String serverBinary() {
    return required(
        "VECTORFUSE_QDRANT_SERVER",
        "the binary vectorfuse-qdrant-server, which cargo builds from"
            + " integration-tests/qdrant-server");
  }

  /** The key of the shared Qdrant, or null. */
  static String sharedKey() {
    return System.getenv("VECTORFUSE_QDRANT_API_KEY");
  }

  private static String required(String name, String meaning) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) {
      throw new AssertionError(
          "the environment variable " + name + " is not set; it names " + meaning);
    }
    return value;
  }
}
