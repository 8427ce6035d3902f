package io.vectorfuse.spark;

import io.vectorfuse.spark.jni.Control;
import io.vectorfuse.spark.read.VectorFuseScanBuilder;
import io.vectorfuse.spark.write.VectorFuseWriteBuilder;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * One collection, as Spark's planner sees it: a name, a schema and what can be done with it. What a
 * read or a write needs beyond that comes with its options.
 */
public final class VectorFuseTable implements SupportsRead, SupportsWrite {
  private static final Set<TableCapability> CAPABILITIES =
      Collections.unmodifiableSet(
          EnumSet.of(
              TableCapability.BATCH_READ,
              TableCapability.BATCH_WRITE,
              TableCapability.TRUNCATE,
              // The query's schema is checked against the collection by the store's side, which
              // knows the types.
              TableCapability.ACCEPT_ANY_SCHEMA));

  private final String name;
  private final StructType schema;
  private final Map<String, String> options;
  private final String mode;
  private final Set<TableCapability> capabilities;

  private VectorFuseTable(
      String name,
      StructType schema,
      Map<String, String> options,
      String mode,
      Set<TableCapability> capabilities) {
    this.name = name;
    this.schema = schema;
    this.options = options;
    this.mode = mode;
    this.capabilities = capabilities;
  }

  /**
   * The table that these options mean. Asks no store; from here on Spark keeps the secrets among
   * the options out of its plans.
   *
   * @param mode how rows are added, as the native side calls it
   * @throws VectorFuseException if an option is unknown or wrong, or a column has a type that can't
   *     be kept
   */
  public static VectorFuseTable checked(
      StructType schema, Map<String, String> options, String mode) {
    Control.Checked checked = Control.check(options, ActiveSession.options(), schema);
    if (checked.redact != null) {
      ActiveSession.redact(checked.redact);
    }
    // Others can leave any field out of a point, so Spark must not believe that one is never null.
    return new VectorFuseTable(checked.name, schema.asNullable(), options, mode, CAPABILITIES);
  }

  /** The same table, which Spark then neither reads nor writes. */
  VectorFuseTable withoutAbilities() {
    return new VectorFuseTable(name, schema, options, mode, Collections.emptySet());
  }

  @Override
  public String name() {
    return name;
  }

  // `columns()` takes over in later Sparks, and its default asks this method, in all of them.
  @SuppressWarnings("deprecation")
  @Override
  public StructType schema() {
    return schema;
  }

  @Override
  public Set<TableCapability> capabilities() {
    return capabilities;
  }

  /**
   * Begins a read of this table with its schema. Asks the store.
   *
   * @throws VectorFuseException if an option is wrong, or the store has no such collection
   */
  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
    return new VectorFuseScanBuilder(
        Control.load(
            options.asCaseSensitiveMap(),
            ActiveSession.options(),
            ActiveSession.sparkVersion(),
            schema));
  }

  /**
   * Begins a write into this table. Asks no store.
   *
   * <p>An INSERT into a view brings none of the view's options, which are the table's; where both
   * have one, the write's wins.
   */
  @Override
  public WriteBuilder newWriteBuilder(LogicalWriteInfo info) {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(options);
    all.putAll(info.options().asCaseSensitiveMap());
    return new VectorFuseWriteBuilder(name, info, all, mode);
  }
}
