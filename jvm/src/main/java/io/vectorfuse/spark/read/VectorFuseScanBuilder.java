package io.vectorfuse.spark.read;

import io.vectorfuse.spark.jni.Control;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.types.StructType;

/** Collects what Spark's optimizer pushes into a read, and asks once what comes of it. */
public final class VectorFuseScanBuilder implements ScanBuilder, SupportsPushDownRequiredColumns {
  private final String table;
  private StructType required;

  /**
   * @param loaded the table; without pruning all its columns are read
   */
  public VectorFuseScanBuilder(Control.Loaded loaded) {
    this.table = loaded.table;
    this.required = loaded.schema;
  }

  @Override
  public void pruneColumns(StructType requiredSchema) {
    this.required = requiredSchema;
  }

  @Override
  public Scan build() {
    return new VectorFuseScan(Control.pushDown(table, required));
  }
}
