package io.vectorfuse.spark.jni;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.VectorFuseException.Kind;
import io.vectorfuse.spark.testing.Eventually;
import io.vectorfuse.spark.testing.Failures;
import io.vectorfuse.spark.testing.OwnQdrant;
import io.vectorfuse.spark.testing.SharedSpark;
import io.vectorfuse.spark.testing.TestCollection;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.After;
import org.junit.Test;

/** However a read or a write ends, both sides of the boundary hold nothing afterwards. */
public final class LeakTest {
  private final SparkSession spark = SharedSpark.session();

  /** Tasks that failed may end after their job. */
  @After
  public void nothingIsHeld() throws Exception {
    try {
      Eventually.holds("nothing is held", 10, () -> Holdings.now().isNothing());
    } catch (AssertionError held) {
      throw new AssertionError(Holdings.now().toString(), held);
    }
  }

  @Test
  public void afterAWriteAndARead() {
    TestCollection collection = TestCollection.shared("leak");
    collection.append(rows(100));
    assertEquals(100, collection.read().collectAsList().size());
    assertTrue(Holdings.now().toString(), Holdings.now().isNothing());
  }

  @Test
  public void afterAReadThatWantsOnlyTheFirstRows() {
    TestCollection collection = TestCollection.shared("leak");
    collection.append(rows(500));
    assertEquals(3, collection.read("page_size", "10").limit(3).collectAsList().size());
  }

  @Test
  public void afterTwoHundredWritesAndReads() {
    TestCollection collection = TestCollection.shared("leak");
    for (int i = 1; i <= 200; i++) {
      DirectTransfer.write(collection.options(), 10);
      assertEquals(10, DirectTransfer.read(collection.options()));
      assertTrue(i + ": " + Holdings.now(), Holdings.now().isNothing());
    }
  }

  @Test
  public void afterTwentyJobsThatWriteAndRead() {
    TestCollection collection = TestCollection.shared("leak");
    for (int i = 1; i <= 20; i++) {
      collection.append(rows(10 * i));
      assertEquals(10 * i, collection.read().collectAsList().size());
    }
  }

  /** As Spark's task does while another thread feeds a Python worker with the rows. */
  @Test
  public void afterReadersThatWereClosedWhileAnotherThreadReads() throws Exception {
    TestCollection collection = TestCollection.shared("leak");
    DirectTransfer.write(collection.options(), 5000);
    for (int pause = 0; pause < 60; pause++) {
      BatchReader reader = DirectTransfer.open(collection.with("page_size", "100").options());
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread reading = new Thread(() -> thrown.set(Failures.thrownBy(() -> readEachRow(reader))));
      reading.start();
      Thread.sleep(pause);
      reader.close();
      reading.join();
      assertTrue(
          Failures.printed(thrown.get()),
          thrown.get().getMessage().contains("the read was closed"));
    }
  }

  /** Round and round until it fails: the rows of a batch are looked at until the next one comes. */
  private static void readEachRow(BatchReader reader) {
    RowBuilder rows = new RowBuilder(DirectTransfer.SCHEMA);
    while (reader.next()) {
      rows.read(reader.batch());
      for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < reader.batch().numRows(); i++) {
          assertEquals("row " + rows.row(i).getLong(0), rows.row(i).getString(2));
        }
      }
    }
  }

  @Test
  public void afterAWriteOfARowThatDoesNotFit() {
    TestCollection collection = TestCollection.shared("leak");
    Dataset<Row> bad =
        rows(1000).selectExpr("id", "if(id = 900, array(float('NaN'), float(1)), vector) vector");
    Failures.expect(Kind.DATA, () -> collection.append(bad));
  }

  @Test
  public void afterAReadWhoseServerDiesBetweenTwoTasks() throws Exception {
    try (OwnQdrant qdrant = new OwnQdrant()) {
      TestCollection collection = TestCollection.at(qdrant.url(), "leak");
      collection.append(rows(400));
      Iterator<Row> read = collection.read("splits", "4", "max_retries", "0").toLocalIterator();
      read.next();
      qdrant.kill();
      Failures.expect(Kind.UNAVAILABLE, () -> read.forEachRemaining(row -> {}));
    }
  }

  @Test
  public void afterAReadWhoseServerDiesInTheMiddleOfATask() throws Exception {
    try (OwnQdrant qdrant = new OwnQdrant()) {
      TestCollection collection = TestCollection.at(qdrant.url(), "leak").with("max_retries", "0");
      collection.append(rows(400));
      try (BatchReader reader = DirectTransfer.open(collection.with("page_size", "10").options())) {
        assertTrue(reader.next());
        qdrant.kill();
        Failures.expect(Kind.UNAVAILABLE, () -> drain(reader));
        assertTrue(Holdings.now().handles() > 0);
      }
    }
  }

  @Test
  public void afterAWriteWhoseServerDies() throws Exception {
    try (OwnQdrant qdrant = new OwnQdrant()) {
      TestCollection collection = TestCollection.at(qdrant.url(), "leak").with("max_retries", "0");
      Control.WritePlan plan = DirectTransfer.planWrite(collection.options());
      try (BatchWriter writer = DirectTransfer.writer(plan)) {
        for (int id = 0; id < plan.flushRows + 10; id++) {
          writer.write(DirectTransfer.row(id));
        }
        qdrant.kill();
        Failures.expect(Kind.UNAVAILABLE, writer::commit);
      }
    }
  }

  @Test
  public void afterAWriterThatIsClosedWithoutACommit() {
    TestCollection collection = TestCollection.shared("leak");
    Control.WritePlan plan = DirectTransfer.planWrite(collection.options());
    try (BatchWriter writer = DirectTransfer.writer(plan)) {
      for (int id = 0; id < 10; id++) {
        writer.write(DirectTransfer.row(id));
      }
    }
  }

  @Test
  public void afterAReaderAndAWriterThatCannotBeOpened() {
    byte[] nonsense = {'{', '}'};
    Failures.expect(Kind.INTERNAL, () -> new BatchReader(nonsense, rows(1).schema()));
    Failures.expect(Kind.INTERNAL, () -> new BatchWriter(nonsense, 1, 1));
  }

  @Test
  public void afterAPanic() {
    TestCollection collection = TestCollection.shared("leak");
    collection.append(rows(10));
    try (BatchReader reader = DirectTransfer.open(collection.options())) {
      assertTrue(reader.next());
      Panic.inRust();
    }
  }

  private static void drain(BatchReader reader) {
    while (reader.next()) {
      // Until the pages that were fetched before are used up.
    }
  }

  private Dataset<Row> rows(int count) {
    return spark
        .range(0, count, 1, 2)
        .selectExpr("id", "array(float(id), float(1)) as vector", "concat('row ', id) as text");
  }
}
