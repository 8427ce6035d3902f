package io.vectorfuse.spark.read;

import io.vectorfuse.spark.jni.BatchReader;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * One task's read. A batch is valid until the next one is asked for: Spark copies what it keeps.
 */
final class VectorFuseBatchReader extends SplitReader<ColumnarBatch> {

  VectorFuseBatchReader(BatchReader reader) {
    super(reader);
  }

  @Override
  public boolean next() {
    return reader.next();
  }

  @Override
  public ColumnarBatch get() {
    return reader.batch();
  }
}
