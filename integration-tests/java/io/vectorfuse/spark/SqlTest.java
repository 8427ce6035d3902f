package io.vectorfuse.spark;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.VectorFuseException.Kind;
import io.vectorfuse.spark.testing.Failures;
import io.vectorfuse.spark.testing.SharedSpark;
import io.vectorfuse.spark.testing.TestCollection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.After;
import org.junit.Test;

/** Collections from SQL, and options from the session. */
public final class SqlTest {
  private final SparkSession spark = SharedSpark.session();
  private final String view = "v_" + UUID.randomUUID().toString().replace("-", "");

  @After
  public void dropView() {
    spark.catalog().dropTempView(view);
  }

  @Test
  public void aViewCanBeFilteredGroupedJoinedAndLimited() {
    view(written("sql", 100), "");
    assertEquals("[1,10]", only("select min(id), count(*) from VIEW where name = 'n1'"));
    assertEquals(
        "[10,45]",
        only("select count(*), sum(c) from (select name, id % 10 c from VIEW where id < 10)"));
    assertEquals(
        "[10]", only("select count(*) from VIEW a join VIEW b on a.id = b.id and b.name = 'n7'"));
    assertEquals(7, sql("select * from VIEW limit 7").size());
    assertEquals(
        "[99,n9]", sql("select id, name from VIEW order by id desc limit 1").get(0).toString());
  }

  @Test
  public void insertIntoAViewAddsRowsWithTheOptionsOfTheView() {
    view(written("insert", 3), "");
    // By name, in whatever order.
    sql("insert into VIEW select 'seven' as name, 7L as id, array(float(1), float(2)) as vector");
    assertEquals("[4]", only("select count(*) from VIEW"));
    assertEquals("[7,seven]", only("select id, name from VIEW where id = 7"));
  }

  @Test
  public void insertOverwriteOfAViewReplacesAllRows() {
    view(written("overwrite", 3), "");
    sql("insert overwrite VIEW select 7L as id, array(float(1), float(2)) as vector, 'x' as name");
    assertEquals("[7,x]", only("select id, name from VIEW"));
  }

  @Test
  public void aQueryDoesNotEmptyTheCollectionThatItReads() {
    TestCollection collection = written("itself", 30);
    view(collection, "");
    String[] queries = {
      "select * from VIEW where id > 3",
      "select max(id) id, first(vector) vector, name from VIEW group by name",
      "select a.* from VIEW a join VIEW b on a.id = b.id + 1",
    };
    for (String query : queries) {
      VectorFuseException refused =
          Failures.expect(Kind.OPTIONS, () -> sql("insert overwrite VIEW " + query));
      assertTrue(refused.getMessage(), refused.getMessage().contains("`overwrite` = `swap`"));
      Failures.expect(
          Kind.OPTIONS, () -> overwrite(collection, spark.sql(query.replace("VIEW", view))));
      Failures.expect(
          Kind.OPTIONS,
          () ->
              overwrite(
                  collection.with("overwrite", "recreate"),
                  spark.sql(query.replace("VIEW", view))));
    }
    assertEquals("[30]", only("select count(*) from VIEW"));
    // What was read before is read no more, an append deletes nothing, and others are others.
    overwrite(collection, spark.createDataFrame(collection.read().collectAsList(), schema()));
    collection.append(collection.read());
    TestCollection copy = TestCollection.shared("copy");
    overwrite(copy, collection.read());
    assertEquals("[30]", only("select count(*) from VIEW"));
    assertEquals(30, copy.read().count());
  }

  private static StructType schema() {
    return new StructType()
        .add("id", DataTypes.LongType)
        .add("vector", DataTypes.createArrayType(DataTypes.FloatType))
        .add("name", DataTypes.StringType);
  }

  private static void overwrite(TestCollection collection, Dataset<Row> rows) {
    rows.select("id", "vector", "name")
        .write()
        .format("vectorfuse")
        .mode(SaveMode.Overwrite)
        .options(collection.options())
        .option("distance", "euclid")
        .save();
  }

  @Test
  public void aFilterOfHoweverManyPartsIsEvaluated() {
    view(written("deep", 100), "");
    for (int parts : new int[] {10, 22, 23, 24, 25, 26, 40, 41, 42, 45, 90}) {
      // Not all of one column, which Spark would make an IN of.
      String or =
          IntStream.range(0, parts)
              .mapToObj(i -> "(id = " + i + " and name <> 'x" + i + "')")
              .collect(Collectors.joining(" or "));
      assertEquals("[" + parts + "]", only("select count(*) from VIEW where " + or));
      assertEquals(parts, sql("select id from VIEW where " + or).size());
    }
  }

  @Test
  public void insertIntoAViewOfColumnsWithoutNamesIsAnError() {
    view(written("insert", 3), "");
    Failures.expect(
        Kind.OPTIONS, () -> sql("insert into VIEW select 7L, array(float(1), float(2)), 'seven'"));
    assertEquals("[3]", only("select count(*) from VIEW"));
  }

  @Test
  public void explainOfAnInsertCreatesNothing() {
    TestCollection collection = TestCollection.shared("explained");
    view(collection, "(id long, vector array<float>, name string)");
    for (String kind : new String[] {"", "extended", "cost"}) {
      List<Row> plan =
          sql("explain " + kind + " insert into VIEW select 1L, array(float(1), float(2)), 'one'");
      assertTrue(plan.toString(), plan.toString().contains("append qdrant."));
    }
    sql("explain formatted insert into VIEW select 1L, array(float(1), float(2)), 'one'");
    sql("explain codegen insert into VIEW select 1L, array(float(1), float(2)), 'one'");
    Failures.expect(Kind.NOT_FOUND, collection::read);
  }

  @Test
  public void explainOfAReadNamesCollectionAndColumns() {
    TestCollection collection = written("explain", 3);
    view(collection, "");
    String plan = sql("explain select name from VIEW").toString();
    assertTrue(plan, plan.contains(collection.option("collection")));
    assertTrue(plan, plan.contains("columns: [name]"));
  }

  @Test
  public void theSessionsOptionsCountAndThoseOfTheReadWin() {
    TestCollection collection = written("session", 5);
    TestCollection nameless = collection.without("url").without("store");
    Failures.expect(Kind.OPTIONS, nameless::read);
    try {
      spark.conf().set("spark.vectorfuse.store", "qdrant");
      spark.conf().set("spark.vectorfuse.qdrant.url", collection.option("url"));
      // An option of reading in the session is none of a write's business.
      spark.conf().set("spark.vectorfuse.splits", "3");
      assertEquals(5, nameless.read().count());
      assertEquals(3, nameless.read().javaRDD().getNumPartitions());
      assertEquals(2, nameless.read("splits", "2").javaRDD().getNumPartitions());
      nameless.append(rows(6));
      assertEquals(6, nameless.read().count());
    } finally {
      for (String option : new String[] {"store", "qdrant.url", "splits"}) {
        spark.conf().unset("spark.vectorfuse." + option);
      }
    }
  }

  private TestCollection written(String purpose, int count) {
    TestCollection collection = TestCollection.shared(purpose);
    collection.append(rows(count));
    return collection;
  }

  private Dataset<Row> rows(int count) {
    return spark
        .range(count)
        .selectExpr("id", "array(float(id), float(1)) as vector", "concat('n', id % 10) as name");
  }

  private void view(TestCollection collection, String columns) {
    StringBuilder options = new StringBuilder();
    for (Map.Entry<String, String> option : collection.options().entrySet()) {
      options.append(options.length() == 0 ? "" : ", ");
      options.append(option.getKey()).append(" '").append(option.getValue()).append('\'');
    }
    sql("create temporary view VIEW " + columns + " using vectorfuse options (" + options + ")");
  }

  private String only(String query) {
    List<Row> rows = sql(query);
    assertEquals(rows.toString(), 1, rows.size());
    return rows.get(0).toString();
  }

  private List<Row> sql(String query) {
    return spark.sql(query.replace("VIEW", view)).collectAsList();
  }
}
