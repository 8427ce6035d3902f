package io.vectorfuse.spark.testing;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;

/**
 * A collection with a name that nobody else has, and how a user writes and reads it. It does not
 * exist until something is written.
 */
public final class TestCollection {
  private final Map<String, String> options;

  private TestCollection(Map<String, String> options) {
    this.options = options;
  }

  /**
   * A collection in the Qdrant that tests share.
   *
   * @param purpose a word that tells people what the collection was for
   */
  public static TestCollection shared(String purpose) {
    TestCollection collection = at(Environment.sharedUrl(), purpose);
    String key = Environment.sharedKey();
    return key == null || key.isEmpty() ? collection : collection.with("api_key", key);
  }

  /** A collection in the Qdrant that answers at this url. */
  public static TestCollection at(String url, String purpose) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("store", "qdrant");
    options.put("url", url);
    options.put("collection", "vf_test_" + purpose + "_" + UUID.randomUUID());
    return new TestCollection(options);
  }

  /** The same collection, reached with a further option, or another value of one. */
  public TestCollection with(String option, String value) {
    Map<String, String> further = new LinkedHashMap<>(options);
    further.put(option, value);
    return new TestCollection(further);
  }

  /** The same collection, reached without an option. */
  public TestCollection without(String option) {
    Map<String, String> fewer = new LinkedHashMap<>(options);
    fewer.remove(option);
    return new TestCollection(fewer);
  }

  /** What a read and a write need alike. */
  public Map<String, String> options() {
    return Collections.unmodifiableMap(options);
  }

  /** The value of one option. */
  public String option(String name) {
    return options.get(name);
  }

  /**
   * Adds rows; vectors stay as they are, since the distance is Euclid's.
   *
   * @param further names and values of options, in turn
   */
  public void append(Dataset<Row> rows, String... further) {
    rows.write()
        .format("vectorfuse")
        .mode(SaveMode.Append)
        .options(options)
        .option("distance", "euclid")
        .options(pairs(further))
        .save();
  }

  /**
   * Reads the collection with the schema that it has.
   *
   * @param further names and values of options, in turn
   */
  public Dataset<Row> read(String... further) {
    return SharedSpark.session()
        .read()
        .format("vectorfuse")
        .options(options)
        .options(pairs(further))
        .load();
  }

  private static Map<String, String> pairs(String... namesAndValues) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      pairs.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return pairs;
  }
}
