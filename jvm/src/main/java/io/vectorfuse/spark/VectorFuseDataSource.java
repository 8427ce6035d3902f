package io.vectorfuse.spark;

import io.vectorfuse.spark.jni.Control;
import java.util.Map;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Where Spark comes in: {@code format("vectorfuse")}. Spark finds this class through the service
 * file of the jar and builds it with the nullary constructor.
 */
public final class VectorFuseDataSource implements TableProvider, DataSourceRegister {

  @Override
  public String shortName() {
    return "vectorfuse";
  }

  /**
   * True: a reader may give a schema, and a writer's query brings one, so a write infers nothing.
   */
  @Override
  public boolean supportsExternalMetadata() {
    return true;
  }

  /**
   * The schema of the collection that the options name. Asks the store.
   *
   * @throws VectorFuseException if an option is wrong, or the store does not answer with a
   *     collection
   */
  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    return Control.load(
            options.asCaseSensitiveMap(),
            ActiveSession.options(),
            ActiveSession.sparkVersion(),
            null)
        .schema;
  }

  /**
   * The table that Spark plans with. Asks no store; a wrong option name fails here, before anything
   * runs, and from here on Spark keeps the secrets among the options out of its plans.
   *
   * @param schema what {@link #inferSchema} said, what the reader gave, or the schema of the query
   *     to write
   * @param partitioning ignored: a collection has no partitioning that Spark could use
   * @param properties the options
   * @throws VectorFuseException if an option is unknown or wrong
   */
  @Override
  public Table getTable(
      StructType schema, Transform[] partitioning, Map<String, String> properties) {
    Control.Checked checked = Control.check(properties, ActiveSession.options());
    if (checked.redact != null) {
      ActiveSession.redact(checked.redact);
    }
    // Others can leave any field out of a point, so Spark must not believe that one is never null.
    return new VectorFuseTable(checked.name, schema.asNullable(), properties);
  }
}
