package io.vectorfuse.spark;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.VectorFuseException.Kind;
import io.vectorfuse.spark.testing.Failures;
import io.vectorfuse.spark.testing.SharedSpark;
import io.vectorfuse.spark.testing.TestCollection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.junit.Test;

/** What each of Spark's save modes does. */
public final class SaveModesTest {
  private final SparkSession spark = SharedSpark.session();

  @Test
  public void withoutAModeASaveCreatesTheCollectionAndTheNextOneIsRefused() {
    TestCollection collection = TestCollection.shared("default");
    save(collection, rows(3)).save();
    assertEquals(3, collection.read().count());
    VectorFuseException refused =
        Failures.expect(Kind.ALREADY_EXISTS, () -> save(collection, rows(7)).save());
    assertTrue(refused.getMessage(), refused.getMessage().contains("mode(\"append\")"));
    assertEquals(3, collection.read().count());
  }

  @Test
  public void anEmptyCollectionIsThere() {
    TestCollection collection = TestCollection.shared("empty");
    save(collection, rows(0)).option("vector.size", "2").save();
    assertEquals(0, collection.read().count());
    Failures.expect(Kind.ALREADY_EXISTS, () -> save(collection, rows(1)).save());
    save(collection, rows(1)).mode(SaveMode.Ignore).save();
    assertEquals(0, collection.read().count());
  }

  @Test
  public void ignoreWritesOnceAndThenDoesNothing() {
    TestCollection collection = TestCollection.shared("ignore");
    save(collection, rows(3)).mode(SaveMode.Ignore).save();
    assertEquals(3, collection.read().count());
    save(collection, rows(7)).mode(SaveMode.Ignore).save();
    assertEquals(3, collection.read().count());
  }

  @Test
  public void whatIgnoreDoesNotWriteIsNotEvenComputed() {
    TestCollection collection = TestCollection.shared("ignore");
    save(collection, rows(3)).mode(SaveMode.Ignore).save();
    save(collection, failing()).mode(SaveMode.Ignore).save();
    Failures.expect(Kind.ALREADY_EXISTS, () -> save(collection, failing()).save());
  }

  @Test
  public void aFailedSaveIntoANewCollectionLeavesNoneSoThatItCanRunAgain() {
    TestCollection collection = TestCollection.shared("failed");
    Failures.thrownBy(() -> save(collection, failing()).option("batch_rows", "1").save());
    Failures.expect(Kind.NOT_FOUND, collection::read);
    save(collection, rows(3)).save();
    assertEquals(3, collection.read().count());
  }

  @Test
  public void ofManySavesAtOnceOneWritesAndTheOthersAreRefused() throws Exception {
    TestCollection collection = TestCollection.shared("race");
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      List<Callable<Boolean>> saves = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Dataset<Row> rows = rows(20).selectExpr("id + " + i * 100 + " as id", "vector");
        saves.add(
            () -> {
              try {
                save(collection, rows).save();
                return true;
              } catch (Exception error) {
                Failures.expect(
                    Kind.ALREADY_EXISTS,
                    () -> {
                      throw error;
                    });
                return false;
              }
            });
      }
      int won = 0;
      for (Future<Boolean> save : threads.invokeAll(saves)) {
        won += save.get() ? 1 : 0;
      }
      assertEquals(1, won);
      assertEquals(20, collection.read().count());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  public void everyModeRefusesAWrongOption() {
    TestCollection collection = TestCollection.shared("wrong");
    for (SaveMode mode : SaveMode.values()) {
      Failures.expect(
          Kind.OPTIONS, () -> save(collection, rows(1)).mode(mode).option("bath_rows", "1").save());
    }
    Failures.expect(Kind.NOT_FOUND, collection::read);
  }

  @Test
  public void partitionsOfASaveAreRefused() {
    TestCollection collection = TestCollection.shared("partitions");
    Throwable refused =
        Failures.thrownBy(
            () -> save(collection, rows(1)).mode(SaveMode.Append).partitionBy("id").save());
    assertFalse(refused.toString(), refused instanceof NullPointerException);
    Failures.expect(Kind.NOT_FOUND, collection::read);
  }

  @Test
  public void aVectorsNameKeepsItsCaseInEveryMode() {
    for (SaveMode mode : SaveMode.values()) {
      TestCollection collection = TestCollection.shared("case");
      save(collection, rows(2).withColumnRenamed("vector", "Big"))
          .mode(mode)
          .option("vector_fields", "Big")
          .option("vector.Big.size", "2")
          .save();
      assertEquals(2, collection.read().select("Big").count());
    }
  }

  private static DataFrameWriter<Row> save(TestCollection collection, Dataset<Row> rows) {
    return rows.write().format("vectorfuse").options(collection.options());
  }

  private Dataset<Row> rows(int count) {
    return spark.range(count).selectExpr("id", "array(float(id), float(1)) as vector");
  }

  /** Rows of which the last one fails while it is computed. */
  private Dataset<Row> failing() {
    return spark
        .range(0, 40, 1, 1)
        .selectExpr(
            "if(id = 39, cast(raise_error('on purpose') as bigint), id) as id",
            "array(float(id), float(1)) as vector");
  }
}
