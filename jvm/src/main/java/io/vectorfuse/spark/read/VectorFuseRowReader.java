package io.vectorfuse.spark.read;

import io.vectorfuse.spark.jni.BatchReader;
import io.vectorfuse.spark.jni.RowBuilder;
import org.apache.spark.sql.catalyst.InternalRow;

/** One task's read, row by row. A row is valid until the next one is asked for. */
final class VectorFuseRowReader extends SplitReader<InternalRow> {
  private final RowBuilder rows;

  /** How many rows the batch has, and which of them comes next. */
  private int count;

  private int following;
  private InternalRow row;

  VectorFuseRowReader(BatchReader reader, RowBuilder rows) {
    super(reader);
    this.rows = rows;
  }

  @Override
  public boolean next() {
    row = null;
    while (following == count) {
      if (!reader.next()) {
        return false;
      }
      rows.read(reader.batch());
      count = reader.batch().numRows();
      following = 0;
    }
    row = rows.row(following);
    following++;
    return true;
  }

  @Override
  public InternalRow get() {
    return row;
  }
}
