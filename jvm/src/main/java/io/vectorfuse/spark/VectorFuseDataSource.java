package io.vectorfuse.spark;

import io.vectorfuse.spark.jni.Control;
import io.vectorfuse.spark.write.Save;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SQLContext;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.sources.BaseRelation;
import org.apache.spark.sql.sources.CreatableRelationProvider;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Where Spark comes in: {@code format("vectorfuse")}. Spark finds this class through the service
 * file of the jar and builds one with the nullary constructor for each read and each save.
 *
 * <p>A save goes through {@link #createRelation}, which is told the save mode; everything else, an
 * INSERT into a view too, goes through the table ({@code docs/decisions/0009-save-modes.md}).
 */
public final class VectorFuseDataSource
    implements TableProvider, CreatableRelationProvider, DataSourceRegister {

  /** Spark asks for the partitioning just before it asks for the table of a relation. */
  private boolean relation;

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

  /** None: a collection has no partitioning that Spark could use. */
  @Override
  public Transform[] inferPartitioning(CaseInsensitiveStringMap options) {
    relation = true;
    return new Transform[0];
  }

  /**
   * The table that Spark plans with. Asks no store; a wrong option name fails here, before anything
   * runs, and from here on Spark keeps the secrets among the options out of its plans.
   *
   * <p>For a save this is a table without abilities, upon which Spark turns to {@link
   * #createRelation}; unless the save names partitions, which Spark then refuses.
   *
   * @param schema what {@link #inferSchema} said, what the reader gave, or the schema of the query
   *     to write
   * @param partitioning that of a save; a collection has none
   * @param properties the options
   * @throws VectorFuseException if an option is unknown or wrong
   */
  @Override
  public Table getTable(
      StructType schema, Transform[] partitioning, Map<String, String> properties) {
    VectorFuseTable table = VectorFuseTable.checked(schema, properties, "append");
    return relation || partitioning.length > 0 ? table : table.withoutAbilities();
  }

  /**
   * Saves a DataFrame: what {@code df.write} comes to, in each of its modes.
   *
   * @throws VectorFuseException if the collection may not exist and does, or the write fails
   */
  @Override
  public BaseRelation createRelation(
      SQLContext context,
      SaveMode mode,
      scala.collection.immutable.Map<String, String> parameters,
      Dataset<Row> data) {
    return Save.run(context, mode, parameters, data);
  }

  /**
   * Any: the store's side knows what it takes, and says so better. Spark 4 asks, and would answer
   * no for variants.
   */
  public boolean supportsDataType(DataType type) {
    return true;
  }
}
