package io.vectorfuse.spark;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import io.vectorfuse.spark.testing.Eventually;
import io.vectorfuse.spark.testing.SharedSpark;
import io.vectorfuse.spark.testing.TestCollection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.trees.TreeNode;
import org.apache.spark.sql.execution.QueryExecution;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.util.QueryExecutionListener;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import scala.Tuple2;
import scala.collection.Iterator;

/** What was counted stands in the plan that was executed, which is what Spark's UI shows. */
public final class MetricsTest {
  private static final String[] NAMES = {
    "vectorfuseRows",
    "vectorfuseBytes",
    "vectorfuseRequests",
    "vectorfuseRetries",
    "vectorfuseThrottledTime",
    "vectorfuseServerTime",
    "vectorfuseRejectedRows"
  };

  private final SparkSession spark = SharedSpark.session();
  private final Metrics metrics = new Metrics();

  @Before
  public void listen() {
    spark.listenerManager().register(metrics);
  }

  @After
  public void listenNoMore() {
    spark.listenerManager().unregister(metrics);
  }

  @Test
  public void aReadShowsItsRowsItsBytesAndItsRequests() throws Exception {
    TestCollection collection = TestCollection.shared("metrics");
    collection.append(rows());
    Map<String, Long> counted = metrics.of("BatchScan", () -> collection.read().collectAsList());
    assertEquals(Long.valueOf(25), counted.get("vectorfuseRows"));
    assertTrue(counted.toString(), counted.get("vectorfuseBytes") > 25 * 8);
    assertTrue(counted.toString(), counted.get("vectorfuseRequests") >= 1);
    assertEquals(Long.valueOf(0), counted.get("vectorfuseRetries"));
    assertEquals(Long.valueOf(0), counted.get("vectorfuseRejectedRows"));
  }

  /** Spark asks a writer before it commits, so what a small task sends then is not in its sums. */
  @Test
  public void aWriteShowsEveryMetric() throws Exception {
    TestCollection collection = TestCollection.shared("metrics");
    Map<String, Long> counted = metrics.of("AppendData", () -> collection.append(rows()));
    for (String name : NAMES) {
      assertTrue(name + " is not in " + counted, counted.containsKey(name));
    }
  }

  private Dataset<Row> rows() {
    return spark.range(25).selectExpr("id", "array(float(id), float(1)) as vector");
  }

  /** Keeps the metrics of ours of every executed node that has some, by the node's name. */
  private static final class Metrics implements QueryExecutionListener {
    private final Map<String, Map<String, Long>> byNode = new ConcurrentHashMap<>();

    Map<String, Long> of(String node, Runnable query) throws InterruptedException {
      byNode.clear();
      query.run();
      Eventually.holds("a " + node + " has metrics", 30, () -> find(node) != null);
      return find(node);
    }

    private Map<String, Long> find(String node) {
      for (Map.Entry<String, Map<String, Long>> entry : byNode.entrySet()) {
        if (entry.getKey().startsWith(node)) {
          return entry.getValue();
        }
      }
      return null;
    }

    @Override
    public void onSuccess(String function, QueryExecution query, long nanos) {
      int number = 0;
      TreeNode<?> node = query.executedPlan();
      while (node != null) {
        see((SparkPlan) node);
        number++;
        node = query.executedPlan().apply(number);
      }
    }

    @Override
    public void onFailure(String function, QueryExecution query, Exception error) {}

    private void see(SparkPlan plan) {
      Map<String, Long> ours = new TreeMap<>();
      Iterator<Tuple2<String, SQLMetric>> all = plan.metrics().iterator();
      while (all.hasNext()) {
        Tuple2<String, SQLMetric> metric = all.next();
        if (metric._1().startsWith("vectorfuse")) {
          ours.put(metric._1(), metric._2().value());
        }
      }
      if (!ours.isEmpty()) {
        byNode.put(plan.nodeName(), ours);
      }
    }
  }
}
