package io.vectorfuse.spark;

import static org.junit.Assert.assertEquals;

import io.vectorfuse.spark.testing.Exactly;
import io.vectorfuse.spark.testing.OnSpark4;
import io.vectorfuse.spark.testing.SharedSpark;
import io.vectorfuse.spark.testing.TestCollection;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.Test;
import org.junit.experimental.categories.Category;

/** What was written is what is read, for each type and on each Spark. */
public final class EveryTypeTest {
  private final SparkSession spark = SharedSpark.session();

  @Test
  public void aDataFrameOfEveryTypeComesBack() {
    Dataset<Row> rows =
        rows(
            "n = 1 as truth",
            "element_at(array(-128Y, 127Y), n) as b",
            "element_at(array(-32768S, 32767S), n) as s",
            "element_at(array(-2147483648, 2147483647), n) as i",
            "element_at(array(-9223372036854775808L, 9223372036854775807L), n) as l",
            "element_at(array(float(-0.0), float('1.4E-45')), n) as f",
            "element_at(array(double(-0.0), double('4.9E-324')), n) as d",
            "element_at(array(cast(12.50 as decimal(38,2)), cast('-1e35' as decimal(38,2))), n)"
                + " as exact",
            "element_at(array('', decode(unhex('F09F98802CE281A000'), 'UTF-8')), n) as text",
            "element_at(array(x'', x'00ff'), n) as bytes",
            "element_at(array(date'0001-01-01', date'2024-02-29'), n) as day",
            "element_at(array(timestamp'1582-10-04 23:59:59.999999 UTC',"
                + " timestamp'2024-02-29 12:00:00.5 UTC'), n) as moment",
            "element_at(array(timestamp_ntz'0001-01-01 00:00:00',"
                + " timestamp_ntz'2024-03-31 02:30:00.1'), n) as wall");
    assertComesBack(rows);
  }

  @Test
  public void nestedValuesComeBackWithNullsAtEachLevel() {
    Dataset<Row> rows =
        rows(
            "element_at(array(array(array(1, null), array(), null), array()), n) as lists",
            "element_at(array(named_struct('a', 1, 'b', cast(null as string)),"
                + " named_struct('a', cast(null as int), 'b', 'x')), n) as members",
            "element_at(array(map('k', 1L, 'none', null), map()), n) as counts",
            "element_at(array(map(date'2024-01-01', 1L), map(date'0001-01-01', null)), n) as days",
            "element_at(array(array(named_struct('m', map('k', array(1.10, null)),"
                + " 'b', array(x'00ff', null)), null), array()), n) as deep",
            "named_struct('a', named_struct('b', named_struct('c', nullif(n, 1)))) as inner",
            "element_at(array(array(float(-0.0), null), array()), n) as floats",
            "element_at(array(array(timestamp'2024-01-01 00:00:00 UTC'), array(null)), n)"
                + " as moments");
    assertComesBack(rows);
  }

  @Test
  public void namedVectorsOfFloatsAndDoublesComeBack() {
    Dataset<Row> rows =
        spark.sql(
            "select id, array(float(-0.0), float(id), float(0.1)) as words,"
                + " case when id > 0 then array(double(0.5), double(id)) end as image"
                + " from range(0, 3, 1, 1)");
    TestCollection collection = TestCollection.shared("vectors");
    collection.append(rows, "vector_fields", "words,image", "vector_names", "text,picture");
    Exactly.assertSame(rows, collection.read());
  }

  @Test
  public void aColumnThatIsReadAloneIsTheSame() {
    Dataset<Row> rows = rows("named_struct('a', n, 'b', string(n)) as members", "n as number");
    TestCollection collection = TestCollection.shared("columns");
    collection.append(rows);
    for (String column : new String[] {"id", "vector", "members", "members.b", "number"}) {
      Exactly.assertSame(rows.select(column), collection.read().select(column));
    }
    assertEquals(3, collection.read().count());
  }

  @Test
  @Category(OnSpark4.class)
  public void aVariantComesBack() {
    Dataset<Row> rows =
        rows(
            "element_at(array(parse_json('{\"a\": [1, 2.5, null, \"x\", {}]}'),"
                + " parse_json('null')), n) as value",
            "array(parse_json('[true]'), null) as values");
    TestCollection collection = TestCollection.shared("variant");
    collection.append(rows);
    assertEquals("variant", collection.read().schema().apply("value").dataType().typeName());
    String[] shown = {"id", "to_json(value) v", "value is null n", "to_json(values[0]) first"};
    Exactly.assertSame(rows.selectExpr(shown), collection.read().selectExpr(shown));
  }

  private void assertComesBack(Dataset<Row> rows) {
    TestCollection collection = TestCollection.shared("types");
    collection.append(rows);
    Exactly.assertSame(rows, collection.read());
  }

  /** Three rows; n is 1, 2 and null, so that each column has two values and a null. */
  private Dataset<Row> rows(String... columns) {
    return spark.sql(
        "select id, array(float(id), float(0.1)) as vector, "
            + String.join(", ", columns)
            + " from (select id, case when id < 2 then int(id + 1) end as n from range(3))");
  }
}
