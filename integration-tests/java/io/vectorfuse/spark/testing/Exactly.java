package io.vectorfuse.spark.testing;

import static org.junit.Assert.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;
import scala.collection.Iterator;

/**
 * Compares DataFrames value for value and bit for bit, in any order of rows. {@code Row.equals}
 * will not do: it holds 0.0 for -0.0, and two equal byte arrays inside of an array for different.
 */
public final class Exactly {

  private Exactly() {}

  /** Fails unless both have the same columns, types and rows. */
  public static void assertSame(Dataset<Row> expected, Dataset<Row> actual) {
    assertEquals(columns(expected.schema()), columns(actual.schema()));
    assertEquals(rows(expected), rows(actual));
  }

  /** Names and types, without whether a value may be null: what is read always may. */
  private static List<String> columns(StructType schema) {
    return Arrays.stream(schema.fields())
        .map(field -> field.name() + " " + field.dataType().catalogString())
        .collect(Collectors.toList());
  }

  private static List<String> rows(Dataset<Row> rows) {
    return rows.collectAsList().stream().map(Exactly::text).sorted().collect(Collectors.toList());
  }

  private static String text(Object value) {
    if (value == null) {
      return "null";
    } else if (value instanceof Row) {
      Row row = (Row) value;
      List<String> texts = new ArrayList<>();
      for (int i = 0; i < row.length(); i++) {
        texts.add(text(row.get(i)));
      }
      return "(" + String.join(", ", texts) + ")";
    } else if (value instanceof byte[]) {
      return "bytes" + Arrays.toString((byte[]) value);
    } else if (value instanceof Float) {
      return "float:" + Integer.toHexString(Float.floatToRawIntBits((Float) value));
    } else if (value instanceof Double) {
      return "double:" + Long.toHexString(Double.doubleToRawLongBits((Double) value));
    } else if (value instanceof scala.collection.Map) {
      List<String> entries = texts(((scala.collection.Map<?, ?>) value).iterator());
      Collections.sort(entries);
      return "map" + entries;
    } else if (value instanceof scala.collection.Iterable) {
      return texts(((scala.collection.Iterable<?>) value).iterator()).toString();
    } else if (value instanceof Tuple2) {
      Tuple2<?, ?> entry = (Tuple2<?, ?>) value;
      return text(entry._1()) + "=" + text(entry._2());
    }
    return value.getClass().getSimpleName() + ":" + value;
  }

  private static List<String> texts(Iterator<?> values) {
    List<String> texts = new ArrayList<>();
    while (values.hasNext()) {
      texts.add(text(values.next()));
    }
    return texts;
  }
}
