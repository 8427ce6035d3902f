package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.testing.OnSpark4;
import io.vectorfuse.spark.testing.SharedSpark;
import io.vectorfuse.spark.testing.TestCollection;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.Test;
import org.junit.experimental.categories.Category;

/** A variant that a Spark 4 wrote is JSON text for a Spark that has no variant. */
public final class VariantOfOtherSparksTest {
  private static final String SCHEMA =
      "{'type':'struct','fields':["
          + "{'name':'id','type':'long','nullable':true,'metadata':{}},"
          + "{'name':'vector','type':{'type':'array','elementType':'float','containsNull':true},"
          + "'nullable':true,'metadata':{}},"
          + "{'name':'value','type':'variant','nullable':true,'metadata':{}}]}";

  @Test
  public void theColumnIsAVariantSinceSpark4AndAStringBefore() {
    TestCollection collection = TestCollection.shared("variant");
    String options = json(collection.with("vector.size", "2").options());
    ask(
        "{'call':'plan_write','options':%s,'session':{},'spark':'4.1.3','schema':%s,"
            + "'mode':'append','query':'q','reading':[]}",
        options, SCHEMA);
    String load = "{'call':'load','options':%s,'session':{},'spark':'%s','schema':null}";
    String plain = json(collection.options());
    String now = ask(load, plain, "4.1.3");
    assertTrue(now, now.contains("'name':'value','nullable':true,'type':'variant'"));
    String before = ask(load, plain, "3.5.9");
    assertTrue(before, before.contains("'name':'value','nullable':true,'type':'string'"));
  }

  @Test
  @Category(OnSpark4.class)
  public void theValuesAreJsonTextForASparkBefore4() {
    TestCollection collection = TestCollection.shared("variant");
    collection.append(
        SharedSpark.session()
            .sql(
                "select 1L as id, array(float(1), float(2)) as vector,"
                    + " parse_json('{\"a\": [1, null, \"x\"]}') as value"));
    Control.PushedDown scan = DirectTransfer.scan(collection.options(), "3.5.9");
    String split = Control.planRead(scan.scan, 1).splits[0];
    try (BatchReader reader = DirectTransfer.reader(scan, split)) {
      assertTrue(reader.next());
      int column = scan.schema.fieldIndex("value");
      String value = reader.batch().column(column).getUTF8String(0).toString();
      assertEquals("{\"a\":[1,null,\"x\"]}", value);
    }
  }

  private static String ask(String question, Object... values) {
    NativeLibrary.load();
    String request = String.format(question, values).replace('\'', '"');
    byte[] answer = Native.call(request.getBytes(StandardCharsets.UTF_8));
    return new String(answer, StandardCharsets.UTF_8).replace('"', '\'');
  }

  private static String json(Map<String, String> options) {
    StringBuilder json = new StringBuilder("{");
    for (Map.Entry<String, String> option : options.entrySet()) {
      json.append(json.length() == 1 ? "" : ",");
      json.append('\'').append(option.getKey()).append("':'").append(option.getValue());
      json.append('\'');
    }
    return json.append('}').toString();
  }
}
