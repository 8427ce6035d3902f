package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.Test;

/**
 * The JVM's own checks of how native code uses it ({@code -Xcheck:jni}), and what native code
 * prints past the JVM: both are seen only from outside, in the output of a process.
 */
public final class JniChecksTest {
  private static final String OURS = "\tat " + Native.class.getName() + ".";

  @Test
  public void ourNativeMethodsPassTheJvmsChecksAndPrintNothing() throws Exception {
    List<String> output = new ArrayList<>();
    int status = run(output);
    String all = String.join("\n", output);
    assertEquals(all, 0, status);
    assertTrue(all, output.contains(CheckedJob.DONE));
    assertFalse(all, all.contains("FATAL ERROR in native method"));
    assertEquals(Collections.emptyList(), warningsOfOurs(output));
    // What Rust's own hook prints when nothing replaces it.
    assertFalse(all, all.contains("panicked at"));
    assertFalse(all, all.contains("RUST_BACKTRACE"));
  }

  @Test
  public void warningsAreFoundByTheNativeMethodThatTheyComeFrom() {
    List<String> output =
        Arrays.asList(
            "WARNING in native method: JNI call made without checking exceptions when required to",
            "\tat io.vectorfuse.spark.jni.Native.call(Native Method)",
            "\tat io.vectorfuse.spark.jni.Control.ask(Control.java:1)",
            "WARNING: JNI local refs: 66, exceeds capacity: 32",
            "\tat io.vectorfuse.spark.jni.Native.metrics(Native Method)",
            "WARNING in native method: of the JDK",
            "\tat java.io.UnixFileSystem.list(java.base@17/Native Method)",
            "\tat io.vectorfuse.spark.jni.NativeLibrary.load(NativeLibrary.java:1)",
            "26/01/01 00:00:00 WARN Utils: of Spark");
    assertEquals(
        Arrays.asList(output.get(0) + output.get(1), output.get(3) + output.get(4)),
        warningsOfOurs(output));
  }

  /** A warning is a line, and below it the stack; its first frame is the native method. */
  private static List<String> warningsOfOurs(List<String> output) {
    List<String> warnings = new ArrayList<>();
    for (int i = 0; i + 1 < output.size(); i++) {
      if (output.get(i).startsWith("WARNING") && output.get(i + 1).startsWith(OURS)) {
        warnings.add(output.get(i) + output.get(i + 1));
      }
    }
    return warnings;
  }

  /** Runs the job with the options and the class path of this JVM. */
  private static int run(List<String> output) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Paths.get(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (option.startsWith("--add-opens") || option.startsWith("-XX:+IgnoreUnrecognized")) {
        command.add(option);
      }
    }
    command.addAll(Arrays.asList("-Xcheck:jni", "-Xmx768m"));
    for (String name : new String[] {"spark.driver.host", "spark.driver.bindAddress"}) {
      command.add("-D" + name + "=" + System.getProperty(name, "127.0.0.1"));
    }
    command.addAll(Arrays.asList("-cp", System.getProperty("java.class.path")));
    command.add(CheckedJob.class.getName());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.add(line);
      }
    }
    return process.waitFor();
  }
}
