package io.vectorfuse.spark.write;

import io.vectorfuse.spark.ActiveSession;
import io.vectorfuse.spark.jni.Control;
import java.util.HashMap;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SQLContext;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.catalyst.util.CaseInsensitiveMap;
import org.apache.spark.sql.sources.BaseRelation;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;
import scala.collection.Iterator;

/**
 * A save of a DataFrame: the native side says what its mode comes to for the collection as it is,
 * and the rows then go through Spark's own write, with its metrics and its retries.
 */
public final class Save {
  private static final String OVERWRITE = "overwrite";

  private Save() {}

  /** Saves, and gives what Spark wants to have of it: the schema that was written. */
  public static BaseRelation run(
      SQLContext context,
      SaveMode mode,
      scala.collection.immutable.Map<String, String> parameters,
      Dataset<Row> data) {
    Map<String, String> options = asWritten(parameters);
    String how = Control.save(options, ActiveSession.options(), mode.name());
    if (how != null) {
      String target =
          "create".equals(how) ? NewCollection.class.getName() : AnyCollection.class.getName();
      data.write()
          .format(target)
          .options(options)
          .mode(OVERWRITE.equals(how) ? SaveMode.Overwrite : SaveMode.Append)
          .save();
    }
    return new Saved(context, data.schema());
  }

  /** Options as the user spelt them: the name of a vector keeps its case. */
  private static Map<String, String> asWritten(
      scala.collection.immutable.Map<String, String> parameters) {
    scala.collection.immutable.Map<String, String> original = parameters;
    if (parameters instanceof CaseInsensitiveMap) {
      original = ((CaseInsensitiveMap<String>) parameters).originalMap();
    }
    Map<String, String> options = new HashMap<>();
    Iterator<Tuple2<String, String>> all = original.iterator();
    while (all.hasNext()) {
      Tuple2<String, String> option = all.next();
      options.put(option._1(), option._2());
    }
    return options;
  }

  /** What was saved. Nothing reads it. */
  private static final class Saved extends BaseRelation {
    private final SQLContext context;
    private final StructType schema;

    private Saved(SQLContext context, StructType schema) {
      this.context = context;
      this.schema = schema;
    }

    @Override
    public SQLContext sqlContext() {
      return context;
    }

    @Override
    public StructType schema() {
      return schema;
    }
  }
}
