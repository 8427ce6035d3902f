package io.vectorfuse.spark.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;

/**
 * The one session of this JVM: starting a Spark takes seconds, so all tests share it and none stops
 * it. It writes an event log, in which whatever Spark tells its listeners and its UI can be looked
 * up.
 */
public final class SharedSpark {
  private static Path eventLog;

  private SharedSpark() {}

  /** The session, started with the first call. */
  public static synchronized SparkSession session() {
    if (eventLog == null) {
      eventLog = temporaryFolder();
    }
    return SparkSession.builder()
        .master("local[2]")
        .appName("vectorfuse")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.eventLog.enabled", "true")
        .config("spark.eventLog.compress", "false")
        .config("spark.eventLog.rolling.enabled", "false")
        .config("spark.eventLog.dir", eventLog.toUri().toString())
        .getOrCreate();
  }

  /** The first number of Spark's version. */
  public static int majorVersion() {
    String version = session().version();
    return Integer.parseInt(version.substring(0, version.indexOf('.')));
  }

  /** Everything that stands in the event log so far. */
  public static synchronized String eventLog() {
    StringBuilder text = new StringBuilder();
    for (Path file : files()) {
      if (Files.isRegularFile(file)) {
        try {
          text.append(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
        } catch (IOException error) {
          throw new UncheckedIOException(error);
        }
      }
    }
    return text.toString();
  }

  /** Deepest last. */
  private static List<Path> files() {
    try (Stream<Path> files = Files.walk(eventLog)) {
      return files.collect(Collectors.toList());
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static Path temporaryFolder() {
    try {
      Path folder = Files.createTempDirectory("vectorfuse-events");
      // Hooks run side by side with Spark's own, which may still write: what is left then is left.
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    List<Path> files = files();
                    for (int i = files.size() - 1; i >= 0; i--) {
                      files.get(i).toFile().delete();
                    }
                  }));
      return folder;
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }
}
