package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import io.vectorfuse.spark.VectorFuseException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.Test;

public final class NativeLibraryTest {

  @Test
  public void everyPlatformHasItsFolder() {
    assertEquals(
        "/io/vectorfuse/native/linux-x86_64/libvectorfuse.so",
        NativeLibrary.resource("Linux", "amd64"));
    assertEquals(
        "/io/vectorfuse/native/linux-aarch64/libvectorfuse.so",
        NativeLibrary.resource("Linux", "aarch64"));
    assertEquals(
        "/io/vectorfuse/native/macos-x86_64/libvectorfuse.dylib",
        NativeLibrary.resource("Mac OS X", "x86_64"));
    assertEquals(
        "/io/vectorfuse/native/macos-aarch64/libvectorfuse.dylib",
        NativeLibrary.resource("Mac OS X", "aarch64"));
  }

  @Test
  public void anotherPlatformIsToldByName() {
    try {
      NativeLibrary.resource("Windows 11", "amd64");
      fail("there is no such library");
    } catch (VectorFuseException error) {
      assertEquals(VectorFuseException.Kind.UNSUPPORTED, error.kind());
      assertTrue(error.getMessage(), error.getMessage().contains("Windows 11 on amd64"));
    }
  }

  @Test
  public void aLibraryThatIsNotThereIsToldByName() throws Exception {
    Path file = Files.createTempDirectory("vectorfuse").resolve("missing.so");
    System.setProperty(NativeLibrary.PROPERTY, file.toString());
    try {
      NativeLibrary.load();
      fail("there is no such file");
    } catch (VectorFuseException error) {
      assertEquals(VectorFuseException.Kind.UNSUPPORTED, error.kind());
      assertTrue(error.getMessage(), error.getMessage().contains(file.toString()));
    } finally {
      System.clearProperty(NativeLibrary.PROPERTY);
      Files.delete(file.getParent());
    }
  }
}
