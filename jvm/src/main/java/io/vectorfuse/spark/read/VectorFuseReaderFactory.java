package io.vectorfuse.spark.read;

import io.vectorfuse.spark.jni.BatchReader;
import io.vectorfuse.spark.jni.RowBuilder;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReader;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * Opens the readers on the executors. Carries the schema, as Spark's JSON, and what is read of it.
 *
 * <p>Rows are read where vectors are among the columns, and batches of columns everywhere else:
 * whichever is faster until Spark has its rows.
 */
final class VectorFuseReaderFactory implements PartitionReaderFactory {
  private static final long serialVersionUID = 1L;

  private final String schema;
  private final boolean rows;

  VectorFuseReaderFactory(StructType schema) {
    this.schema = schema.json();
    this.rows = RowBuilder.fits(schema);
  }

  @Override
  public boolean supportColumnarReads(InputPartition partition) {
    return !rows;
  }

  /**
   * @throws io.vectorfuse.spark.VectorFuseException if the split cannot be opened
   */
  @Override
  public PartitionReader<InternalRow> createReader(InputPartition partition) {
    StructType type = (StructType) DataType.fromJson(schema);
    return new VectorFuseRowReader(new BatchReader(split(partition), type), new RowBuilder(type));
  }

  /**
   * @throws io.vectorfuse.spark.VectorFuseException if the split cannot be opened
   */
  @Override
  public PartitionReader<ColumnarBatch> createColumnarReader(InputPartition partition) {
    return new VectorFuseBatchReader(
        new BatchReader(split(partition), (StructType) DataType.fromJson(schema)));
  }

  private static byte[] split(InputPartition partition) {
    return ((SplitPartition) partition).split();
  }
}
