package io.vectorfuse.spark.jni;

import io.vectorfuse.spark.VectorFuseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Loads the native library, once per class loader: each session of Spark may have a class loader of
 * its own, and the JVM binds a library's file to the loader that loaded it first. So every loader
 * loads a fresh copy.
 */
final class NativeLibrary {
  /** A system property: the path of a library to use instead of the one in the jar. */
  static final String PROPERTY = "vectorfuse.native.library";

  /** A part of a release has some three of them. */
  private static final int USUAL_PART = 4 * 1024 * 1024;

  private static final int CHUNK = 64 * 1024;

  private static volatile boolean loaded;

  private NativeLibrary() {}

  /**
   * Makes {@link Native} callable; cheap after the first time.
   *
   * @throws VectorFuseException UNSUPPORTED, if there is no library for this platform or it cannot
   *     be loaded
   */
  static void load() {
    if (!loaded) {
      loadOnce();
    }
  }

  private static synchronized void loadOnce() {
    if (loaded) {
      return;
    }
    String override = System.getProperty(PROPERTY);
    if (override == null || override.isEmpty()) {
      loadResource(resource(System.getProperty("os.name"), System.getProperty("os.arch")));
    } else {
      loadFile(Paths.get(override).toAbsolutePath());
    }
    loaded = true;
  }

  /**
   * Where the library of a platform stands in the jar, in parts with this name and a number.
   *
   * @param osName the system property {@code os.name}
   * @param osArch the system property {@code os.arch}
   * @throws VectorFuseException UNSUPPORTED, if no library is built for that platform
   */
  static String resource(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT);
    String arch = osArch.toLowerCase(Locale.ROOT);
    String cpu =
        arch.equals("amd64") || arch.equals("x86_64")
            ? "x86_64"
            : arch.equals("aarch64") || arch.equals("arm64") ? "aarch64" : null;
    if (cpu != null && os.equals("linux")) {
      return "/io/vectorfuse/native/linux-" + cpu + "/libvectorfuse.so";
    }
    if (cpu != null && os.startsWith("mac")) {
      return "/io/vectorfuse/native/macos-" + cpu + "/libvectorfuse.dylib";
    }
    throw unsupported("there is no native library for " + osName + " on " + osArch, null);
  }

  private static void loadResource(String resource) {
    try {
      List<ByteArrayOutputStream> parts = unpack(resource);
      if (parts.isEmpty()) {
        throw unsupported(
            "the jar holds no native library for "
                + System.getProperty("os.name")
                + " on "
                + System.getProperty("os.arch")
                + " ("
                + resource
                + ")",
            null);
      }
      loadCopy(parts, resource.substring(resource.lastIndexOf('/') + 1));
    } catch (IOException | UncheckedIOException | UnsatisfiedLinkError error) {
      throw unsupported(
          "the native library "
              + resource
              + " cannot be loaded: "
              + error.getMessage()
              + " (java.io.tmpdir must allow to execute; or set -D"
              + PROPERTY
              + "=<path of the library>)",
          error);
    }
  }

  /**
   * The library in its parts, numbered from 1 on: most of the time of a first load is unpacking it,
   * which all processors share.
   */
  private static List<ByteArrayOutputStream> unpack(String resource) {
    List<String> parts = new ArrayList<>();
    while (NativeLibrary.class.getResource(part(resource, parts.size() + 1)) != null) {
      parts.add(part(resource, parts.size() + 1));
    }
    return parts.parallelStream().map(NativeLibrary::unpackPart).collect(Collectors.toList());
  }

  private static String part(String resource, int number) {
    return resource + "." + number;
  }

  private static ByteArrayOutputStream unpackPart(String part) {
    try (InputStream content = NativeLibrary.class.getResourceAsStream(part)) {
      if (content == null) {
        throw new IOException(part + " is gone");
      }
      return contentOf(content);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static ByteArrayOutputStream contentOf(InputStream content) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream(USUAL_PART);
    byte[] some = new byte[CHUNK];
    for (int count = content.read(some); count >= 0; count = content.read(some)) {
      all.write(some, 0, count);
    }
    return all;
  }

  private static void loadFile(Path file) {
    try {
      System.load(file.toString());
    } catch (UnsatisfiedLinkError direct) {
      // Perhaps another class loader has this very file; a copy is a file of its own.
      try (InputStream content = Files.newInputStream(file)) {
        loadCopy(Collections.singletonList(contentOf(content)), String.valueOf(file.getFileName()));
      } catch (IOException | UnsatisfiedLinkError copied) {
        copied.addSuppressed(direct);
        throw unsupported(
            "the native library " + file + " cannot be loaded: " + direct.getMessage(), copied);
      }
    }
  }

  private static void loadCopy(List<ByteArrayOutputStream> parts, String fileName)
      throws IOException {
    Path folder = Files.createTempDirectory("vectorfuse");
    Path copy = folder.resolve(fileName);
    try {
      try (OutputStream file = Files.newOutputStream(copy)) {
        for (ByteArrayOutputStream part : parts) {
          part.writeTo(file);
        }
      }
      System.load(copy.toString());
    } finally {
      // A loaded library needs its file no more, except on systems that lock it: there it goes when
      // the JVM ends.
      delete(copy);
      delete(folder);
    }
  }

  private static void delete(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException locked) {
      path.toFile().deleteOnExit();
    }
  }

  private static VectorFuseException unsupported(String message, Throwable cause) {
    return new VectorFuseException(VectorFuseException.Kind.UNSUPPORTED, message, cause);
  }
}
