package io.vectorfuse.spark.read;

import io.vectorfuse.spark.jni.BatchReader;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/** Opens the readers on the executors. Carries nothing but the schema, as Spark's JSON. */
final class VectorFuseReaderFactory implements PartitionReaderFactory {
  private static final long serialVersionUID = 1L;

  private final String schema;

  VectorFuseReaderFactory(String schema) {
    this.schema = schema;
  }

  @Override
  public boolean supportColumnarReads(InputPartition partition) {
    return true;
  }

  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    throw new UnsupportedOperationException("a collection is read in columns");
  }

  /**
   * @throws io.vectorfuse.spark.VectorFuseException if the split cannot be opened
   */
  @Override
  public PartitionReader<ColumnarBatch> createColumnarReader(InputPartition partition) {
    byte[] split = ((SplitPartition) partition).split();
    return new VectorFusePartitionReader(
        new BatchReader(split, (StructType) DataType.fromJson(schema)));
  }
}
