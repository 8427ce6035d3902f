package io.vectorfuse.spark;

import static org.junit.Assert.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.Test;

public final class VectorFuseExceptionTest {

  @Test
  public void theKindNamedByNativeCodeStandsInTheMessage() {
    for (VectorFuseException.Kind kind : VectorFuseException.Kind.values()) {
      VectorFuseException error = new VectorFuseException(kind.name(), "point 7: no");
      assertEquals(kind, error.kind());
      assertEquals("[" + kind + "] point 7: no", error.getMessage());
    }
  }

  @Test
  public void anUnknownKindIsADefect() {
    assertEquals(VectorFuseException.Kind.INTERNAL, new VectorFuseException("NOVEL", "x").kind());
    assertEquals("[INTERNAL] ", new VectorFuseException((String) null, null).getMessage());
  }

  @Test
  public void itSurvivesTheWayToTheDriver() throws Exception {
    VectorFuseException error =
        new VectorFuseException(
            VectorFuseException.Kind.RATE_LIMITED, "slow down", new IllegalStateException("429"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(error);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      VectorFuseException arrived = (VectorFuseException) in.readObject();
      assertEquals(error.kind(), arrived.kind());
      assertEquals(error.getMessage(), arrived.getMessage());
      assertEquals("429", arrived.getCause().getMessage());
    }
  }
}
