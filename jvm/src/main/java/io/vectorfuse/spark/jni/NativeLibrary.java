package io.vectorfuse.spark.jni;

import io.vectorfuse.spark.VectorFuseException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Loads the native library, once per class loader: each session of Spark may have a class loader of
 * its own, and the JVM binds a library's file to the loader that loaded it first. So every loader
 * loads a fresh copy.
 */
final class NativeLibrary {
  /** A system property: the path of a library to use instead of the one in the jar. */
  static final String PROPERTY = "vectorfuse.native.library";

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
      List<URLConnection> parts = parts(resource);
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
      loadCopy(resource.substring(resource.lastIndexOf('/') + 1), copy -> unpack(parts, copy));
    } catch (IOException | CompletionException | UnsatisfiedLinkError error) {
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

  /** The library in its parts, which are numbered from 1 on. */
  private static List<URLConnection> parts(String resource) throws IOException {
    List<URLConnection> parts = new ArrayList<>();
    for (URL part = part(resource, 1); part != null; part = part(resource, parts.size() + 1)) {
      parts.add(part.openConnection());
    }
    return parts;
  }

  private static URL part(String resource, int number) {
    return NativeLibrary.class.getResource(resource + "." + number);
  }

  /** Most of the time of a first load goes here, so all processors share it. */
  private static void unpack(List<URLConnection> parts, FileChannel copy) {
    List<CompletableFuture<Void>> unpacked = new ArrayList<>();
    long offset = 0;
    for (URLConnection part : parts) {
      long begin = offset;
      // Asked first: one connection is no business of two threads.
      offset += part.getContentLengthLong();
      // Threads of its own: all of a pool's may be waiting for this very library.
      unpacked.add(
          CompletableFuture.runAsync(
              () -> unpackPart(part, copy, begin),
              task -> new Thread(task, "vectorfuse-unpack").start()));
    }
    unpacked.forEach(CompletableFuture::join);
  }

  private static void unpackPart(URLConnection part, FileChannel copy, long begin) {
    try (InputStream content = part.getInputStream()) {
      write(content, copy, begin);
    } catch (IOException error) {
      throw new CompletionException(error);
    }
  }

  private static void write(InputStream content, FileChannel copy, long begin) throws IOException {
    byte[] some = new byte[CHUNK];
    long place = begin;
    for (int count = content.read(some); count >= 0; count = content.read(some)) {
      ByteBuffer left = ByteBuffer.wrap(some, 0, count);
      while (left.hasRemaining()) {
        place += copy.write(left, place);
      }
    }
  }

  private static void loadFile(Path file) {
    try {
      System.load(file.toString());
    } catch (UnsatisfiedLinkError direct) {
      // Perhaps another class loader has this very file; a copy is a file of its own.
      try (InputStream content = Files.newInputStream(file)) {
        loadCopy(String.valueOf(file.getFileName()), copy -> write(content, copy, 0));
      } catch (IOException | UnsatisfiedLinkError copied) {
        copied.addSuppressed(direct);
        throw unsupported(
            "the native library " + file + " cannot be loaded: " + direct.getMessage(), copied);
      }
    }
  }

  /** What fills a file. */
  private interface Content {
    void writeTo(FileChannel file) throws IOException;
  }

  private static void loadCopy(String fileName, Content content) throws IOException {
    Path folder = Files.createTempDirectory("vectorfuse");
    Path copy = folder.resolve(fileName);
    try {
      try (FileChannel file =
          FileChannel.open(copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(file);
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
