package io.vectorfuse.spark.jni;

import io.vectorfuse.spark.VectorFuseException.Kind;
import io.vectorfuse.spark.testing.Failures;
import io.vectorfuse.spark.testing.SharedSpark;
import io.vectorfuse.spark.testing.TestCollection;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * A program that calls each native method, with success and with failure. {@link JniChecksTest}
 * runs it in a JVM of its own, to see all that this JVM prints.
 */
public final class CheckedJob {
  static final String DONE = "the job is done";

  private CheckedJob() {}

  public static void main(String[] arguments) {
    Dataset<Row> rows =
        SharedSpark.session()
            .range(0, 1000, 1, 2)
            .selectExpr(
                "id",
                "array(float(id), float(1)) as vector",
                "concat('row ', id) as text",
                "map('k', array(id, null)) as nested");
    TestCollection collection = TestCollection.shared("checked");
    collection.append(rows);
    if (collection.read("page_size", "50").collectAsList().size() != 1000) {
      throw new AssertionError("the rows did not come back");
    }
    Panic.inRust();
    Failures.expect(Kind.DATA, () -> collection.append(rows.selectExpr("-id as id", "vector")));
    Failures.expect(Kind.OPTIONS, () -> collection.read("colection", "c"));
    Failures.expect(Kind.INTERNAL, () -> Native.readBatch(Long.MAX_VALUE, 0));
    Failures.expect(Kind.INTERNAL, () -> Native.commitWriter(Long.MAX_VALUE));
    try (BatchReader reader = DirectTransfer.open(collection.with("page_size", "10").options())) {
      reader.next();
      Panic.inRust();
      reader.next();
    }
    if (!Holdings.now().isNothing()) {
      throw new AssertionError(Holdings.now());
    }
    SharedSpark.session().stop();
    System.out.println(DONE);
  }
}
