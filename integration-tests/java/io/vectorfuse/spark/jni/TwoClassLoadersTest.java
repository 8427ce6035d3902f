package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertNotSame;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.VectorFuseException;
import io.vectorfuse.spark.testing.TestCollection;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Map;
import org.junit.Test;

/** Sessions of Spark may have class loaders of their own: each one loads a library of its own. */
public final class TwoClassLoadersTest {

  @Test
  public void aSecondClassLoaderHasACopyThatWorksForItself() throws Exception {
    TestCollection collection = TestCollection.shared("loaders");
    DirectTransfer.write(collection.options(), 10);
    try (Second second = new Second()) {
      Class<?> other = second.loadClass(DirectTransfer.class.getName());
      assertNotSame(DirectTransfer.class, other);
      other.getMethod("write", Map.class, int.class).invoke(null, collection.options(), 20);
      assertEquals(20, other.getMethod("read", Map.class).invoke(null, collection.options()));

      Object reader = other.getMethod("open", Map.class).invoke(null, collection.options());
      assertTrue(held(second), held(second).startsWith("1 handles"));
      assertTrue(Holdings.now().toString(), Holdings.now().isNothing());
      ((AutoCloseable) reader).close();
      assertTrue(held(second), held(second).startsWith("0 handles"));
    }
    assertEquals(20, DirectTransfer.read(collection.options()));
  }

  private static String held(ClassLoader loader) throws Exception {
    Class<?> holdings = loader.loadClass(Holdings.class.getName());
    return String.valueOf(holdings.getMethod("now").invoke(null));
  }

  /** Loads what is ours again; Spark is the one that is there. */
  private static final class Second extends URLClassLoader {
    Second() {
      super(
          new URL[] {place(VectorFuseException.class), place(TwoClassLoadersTest.class)},
          TwoClassLoadersTest.class.getClassLoader());
    }

    private static URL place(Class<?> known) {
      return known.getProtectionDomain().getCodeSource().getLocation();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        if (!name.startsWith("io.vectorfuse.")) {
          return super.loadClass(name, resolve);
        }
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? findClass(name) : loaded;
      }
    }

    @Override
    public URL getResource(String name) {
      URL own = findResource(name);
      return own == null ? super.getResource(name) : own;
    }
  }
}
