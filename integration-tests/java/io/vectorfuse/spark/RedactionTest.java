package io.vectorfuse.spark;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.VectorFuseException.Kind;
import io.vectorfuse.spark.testing.Eventually;
import io.vectorfuse.spark.testing.Failures;
import io.vectorfuse.spark.testing.OwnQdrant;
import io.vectorfuse.spark.testing.SharedSpark;
import io.vectorfuse.spark.testing.TestCollection;
import java.util.UUID;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.QueryExecution;
import org.apache.spark.sql.util.QueryExecutionListener;
import org.junit.After;
import org.junit.AfterClass;
import org.junit.Before;
import org.junit.BeforeClass;
import org.junit.Test;

/** A key reaches the server, and nothing else: no plan, no event, no message, no stack. */
public final class RedactionTest {
  private static final String KEY = "s3cr3t";

  private static OwnQdrant qdrant;

  private final SparkSession spark = SharedSpark.session();
  private final Seen seen = new Seen();
  private final Plans plans = new Plans(seen);
  private final Events events = new Events(seen);

  /** Names the last query of a test, so that the test knows when everything has been told. */
  private final String last = "last_" + UUID.randomUUID().toString().replace("-", "");

  @BeforeClass
  public static void startServer() throws Exception {
    qdrant = new OwnQdrant("--api-key", KEY);
  }

  @AfterClass
  public static void stopServer() throws Exception {
    qdrant.close();
  }

  @Before
  public void listen() {
    spark.listenerManager().register(plans);
    spark.sparkContext().addSparkListener(events);
  }

  @After
  public void listenNoMore() {
    spark.sparkContext().removeSparkListener(events);
    spark.listenerManager().unregister(plans);
  }

  @Test
  public void aKeyAmongTheOptionsStandsInNoPlanAndInNoEvent() throws Exception {
    TestCollection collection = collection().with("api_key", KEY);
    collection.append(rows());
    assertEquals(3, collection.read().filter("id < 3").count());
    assertEquals(3, collection.read().filter("id < 3").collectAsList().size());
    assertNothingTold(collection);
  }

  /**
   * In a session that has used the key before. Spark tells of a CREATE VIEW before it asks the data
   * source anything, so of the first one only {@code spark.redaction.regex} hides the key.
   */
  @Test
  public void aKeyAmongTheOptionsOfAViewStandsInNoPlanAndInNoEvent() throws Exception {
    TestCollection collection = collection().with("api_key", KEY);
    collection.append(rows());
    spark.sql(
        "create or replace temporary view redacted using vectorfuse options (store 'qdrant', url '"
            + qdrant.url()
            + "', collection '"
            + collection.option("collection")
            + "', api_key '"
            + KEY
            + "')");
    String plan = spark.sql("explain extended select * from redacted").collectAsList().toString();
    assertFalse(plan, plan.contains(KEY));
    assertEquals(3, spark.sql("select * from redacted").count());
    assertNothingTold(collection);
  }

  @Test
  public void aHeaderAmongTheOptionsStandsInNoPlanAndInNoEvent() throws Exception {
    TestCollection collection = collection().with("header.api-key", KEY);
    collection.append(rows());
    assertEquals(3, collection.read().count());
    assertNothingTold(collection);
  }

  /**
   * Not so the event log: Spark writes the session's settings into it with each job, hidden only by
   * {@code spark.redaction.regex}, which is read when the application starts.
   */
  @Test
  public void aKeyOfTheSessionStandsInNoPlan() throws Exception {
    spark.conf().set("spark.vectorfuse.api_key", KEY);
    try {
      TestCollection collection = collection();
      collection.append(rows());
      assertEquals(3, collection.read().count());
      awaitTold();
      assertNoKey(seen.text(), collection);
    } finally {
      spark.conf().unset("spark.vectorfuse.api_key");
    }
  }

  @Test
  public void aWrongKeyIsDeniedAndNotToldWhenReading() throws Exception {
    TestCollection collection = collection().with("api_key", "wr0ng");
    Throwable thrown = Failures.thrownBy(() -> collection.read().count());
    assertDenied(thrown, "wr0ng");
  }

  @Test
  public void aWrongKeyIsDeniedAndNotToldWhenWriting() throws Exception {
    TestCollection collection = collection().with("api_key", "wr0ng");
    Throwable thrown = Failures.thrownBy(() -> collection.append(rows()));
    assertDenied(thrown, "wr0ng");
  }

  @Test
  public void anErrorOfATaskDoesNotTellTheKey() throws Exception {
    TestCollection collection = collection().with("api_key", KEY);
    Throwable thrown =
        Failures.thrownBy(() -> collection.append(rows().selectExpr("nullif(id, 1) id", "vector")));
    Failures.expect(
        Kind.DATA,
        () -> {
          throw thrown;
        });
    assertFalse(Failures.printed(thrown).contains(KEY));
    assertNothingTold(collection);
  }

  private static void assertDenied(Throwable thrown, String key) throws Exception {
    Failures.expect(
        Kind.DENIED,
        () -> {
          throw thrown;
        });
    String printed = Failures.printed(thrown);
    assertFalse(printed, printed.contains(key));
  }

  /** Neither to the listeners nor to the event log, which is what the history server shows. */
  private void assertNothingTold(TestCollection collection) throws Exception {
    awaitTold();
    assertNoKey(seen.text(), collection);
    assertNoKey(partOf(SharedSpark.eventLog(), collection), collection);
  }

  private void awaitTold() throws InterruptedException {
    spark.range(1).toDF(last).collectAsList();
    Eventually.holds("the last query is told", 30, () -> seen.plansOf(last) && seen.eventOf(last));
    Eventually.holds("the last query is logged", 30, () -> SharedSpark.eventLog().contains(last));
  }

  /** The log from where it first speaks of the collection: before that it is of other tests. */
  private static String partOf(String log, TestCollection collection) {
    int begin = log.indexOf(collection.option("collection"));
    return begin < 0 ? "" : log.substring(begin);
  }

  private static void assertNoKey(String told, TestCollection collection) {
    assertTrue(told.contains(collection.option("collection")));
    int at = told.indexOf(KEY);
    assertEquals(at < 0 ? "" : told.substring(Math.max(0, at - 500), at + 20), -1, at);
  }

  private static TestCollection collection() {
    return TestCollection.at(qdrant.url(), "redaction");
  }

  private Dataset<Row> rows() {
    return spark.range(3).selectExpr("id", "array(float(id), float(1)) as vector");
  }

  /** All that was told, from two threads. */
  private static final class Seen {
    private final StringBuilder plans = new StringBuilder();
    private final StringBuilder events = new StringBuilder();

    synchronized void plan(String text) {
      plans.append(text).append('\n');
    }

    synchronized void event(String text) {
      events.append(text).append('\n');
    }

    synchronized boolean plansOf(String name) {
      return plans.indexOf(name) >= 0;
    }

    synchronized boolean eventOf(String name) {
      return events.indexOf(name) >= 0;
    }

    synchronized String text() {
      return plans.toString() + events;
    }
  }

  /** Prints the plans of a query in every way that listeners and the UI do. */
  private static final class Plans implements QueryExecutionListener {
    private final Seen seen;

    Plans(Seen seen) {
      this.seen = seen;
    }

    @Override
    public void onSuccess(String function, QueryExecution query, long nanos) {
      see(query);
    }

    @Override
    public void onFailure(String function, QueryExecution query, Exception error) {
      see(query);
      seen.plan(Failures.printed(error));
    }

    private void see(QueryExecution query) {
      seen.plan(query.toString());
      seen.plan(query.simpleString());
      seen.plan(query.logical().treeString());
      seen.plan(query.analyzed().treeString());
      seen.plan(query.optimizedPlan().treeString());
      seen.plan(query.executedPlan().treeString());
      seen.plan(query.executedPlan().verboseStringWithOperatorId());
    }
  }

  /** Every event: a case class, whose text holds that of all its members. */
  private static final class Events extends SparkListener {
    private final Seen seen;

    Events(Seen seen) {
      this.seen = seen;
    }

    @Override
    public void onOtherEvent(SparkListenerEvent event) {
      seen.event(event.toString());
    }
  }
}
