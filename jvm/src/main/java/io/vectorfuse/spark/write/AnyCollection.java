package io.vectorfuse.spark.write;

import io.vectorfuse.spark.VectorFuseTable;
import java.util.Map;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** Where {@link Save} writes to, whether the collection is there or not. Users never name it. */
public class AnyCollection implements TableProvider {

  /** How rows are added unless Spark says that they replace. */
  String mode() {
    return "append";
  }

  @Override
  public boolean supportsExternalMetadata() {
    return true;
  }

  /** Never asked: a write brings its schema. */
  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    throw new UnsupportedOperationException("read with format(\"vectorfuse\")");
  }

  @Override
  public Table getTable(
      StructType schema, Transform[] partitioning, Map<String, String> properties) {
    return VectorFuseTable.checked(schema, properties, mode());
  }
}
