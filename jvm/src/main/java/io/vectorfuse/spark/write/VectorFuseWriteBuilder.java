package io.vectorfuse.spark.write;

import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.SupportsTruncate;
import org.apache.spark.sql.connector.write.Write;
import org.apache.spark.sql.connector.write.WriteBuilder;

/** Learns from Spark whether a write adds or replaces. Has no effect on the store. */
public final class VectorFuseWriteBuilder implements WriteBuilder, SupportsTruncate {
  private final String table;
  private final LogicalWriteInfo info;
  private String mode = "append";

  /**
   * @param table the table's name, for EXPLAIN
   * @param info the query that will be written, and its options
   */
  public VectorFuseWriteBuilder(String table, LogicalWriteInfo info) {
    this.table = table;
    this.info = info;
  }

  @Override
  public WriteBuilder truncate() {
    mode = "overwrite";
    return this;
  }

  @Override
  public Write build() {
    return new VectorFuseWrite(table, info, mode);
  }
}
