package io.vectorfuse.spark.testing;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A Qdrant that one test has for itself: to end it in the middle, or to give it a key. */
public final class OwnQdrant implements AutoCloseable {
  private static final String READY = "READY ";

  private final Path data;
  private final Process process;
  private final String url;

  /**
   * Starts a server on a free port, with an empty data folder.
   *
   * @param arguments what it gets beyond folder and port
   */
  public OwnQdrant(String... arguments) throws IOException {
    data = Files.createTempDirectory("vectorfuse-qdrant");
    List<String> command = new ArrayList<>();
    command.add(Environment.serverBinary());
    // It ends with its standard input, so it does not outlive this JVM, however that one ends.
    command.addAll(Arrays.asList("--data", data.toString(), "--port", "0", "--exit-with-stdin"));
    command.addAll(Arrays.asList(arguments));
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    url = awaitReady();
  }

  /** Where it answers gRPC. */
  public String url() {
    return url;
  }

  /** Ends it as a power cut does. */
  public void kill() {
    process.destroyForcibly();
    try {
      if (process.waitFor(30, TimeUnit.SECONDS)) {
        return;
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    throw new AssertionError("the server was killed and lives on");
  }

  @Override
  public void close() {
    kill();
    delete(data.toFile());
  }

  private String awaitReady() throws IOException {
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder said = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(READY)) {
        drain(output);
        return line.substring(READY.length()).trim();
      }
      said.append(line).append('\n');
    }
    throw new AssertionError("the server did not start: " + said);
  }

  /** A process whose output nobody reads stops when the pipe is full. */
  private static void drain(BufferedReader output) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (output.readLine() != null) {
                  // Not interesting after the start.
                }
              } catch (IOException ended) {
                // So has the server.
              }
            },
            "qdrant-output");
    thread.setDaemon(true);
    thread.start();
  }

  private static void delete(File file) {
    File[] children = file.listFiles();
    if (children != null) {
      for (File child : children) {
        delete(child);
      }
    }
    file.delete();
  }
}
