package io.vectorfuse.spark.write;

import java.util.Map;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.SupportsTruncate;
import org.apache.spark.sql.connector.write.Write;
import org.apache.spark.sql.connector.write.WriteBuilder;

/** Learns from Spark whether a write adds or replaces. Has no effect on the store. */
public final class VectorFuseWriteBuilder implements WriteBuilder, SupportsTruncate {
  private final String table;
  private final LogicalWriteInfo info;
  private final Map<String, String> options;
  private String mode;

  /**
   * @param table the table's name, for EXPLAIN
   * @param info the query that will be written
   * @param options those of the table and of the write
   * @param mode how rows are added, unless Spark says that they replace
   */
  public VectorFuseWriteBuilder(
      String table, LogicalWriteInfo info, Map<String, String> options, String mode) {
    this.table = table;
    this.info = info;
    this.options = options;
    this.mode = mode;
  }

  @Override
  public WriteBuilder truncate() {
    mode = "overwrite";
    return this;
  }

  @Override
  public Write build() {
    return new VectorFuseWrite(table, info, options, mode);
  }
}
