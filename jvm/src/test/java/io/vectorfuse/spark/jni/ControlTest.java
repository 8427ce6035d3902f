package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;
import static org.junit.Assert.fail;

import io.vectorfuse.spark.VectorFuseException;
import java.util.Collections;
import org.apache.spark.sql.types.StructType;
import org.junit.Test;

public final class ControlTest {

  @Test
  public void anOptionWithoutAValueIsNamed() {
    try {
      Control.check(
          Collections.singletonMap("api_key", null), Collections.emptyMap(), new StructType());
      fail("the option has no value");
    } catch (VectorFuseException error) {
      assertEquals(VectorFuseException.Kind.OPTIONS, error.kind());
      assertTrue(error.getMessage(), error.getMessage().contains("`api_key` has no value"));
    }
  }
}
