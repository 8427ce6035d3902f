package io.vectorfuse.spark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which collections the queries of this driver read, by Spark's id of the query: a write must not
 * empty what its own query is about to read. Used on the driver alone.
 */
public final class QueryReads {
  /** More queries than run at once; those before are forgotten. */
  private static final int MOST_QUERIES = 1000;

  private static final String EXECUTION = "spark.sql.execution.id";

  private static final Map<String, Set<String>> READS =
      new LinkedHashMap<String, Set<String>>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Set<String>> eldest) {
          return size() > MOST_QUERIES;
        }
      };

  private QueryReads() {}

  /** The query that runs on this thread, if one does, reads this collection. */
  public static void add(String source) {
    String query = query();
    if (query != null) {
      synchronized (READS) {
        READS.computeIfAbsent(query, unknown -> new LinkedHashSet<>()).add(source);
      }
    }
  }

  /** What the query that runs on this thread reads, as far as its splits are planned. */
  public static List<String> ofThisQuery() {
    String query = query();
    synchronized (READS) {
      return new ArrayList<>(READS.getOrDefault(query, Collections.emptySet()));
    }
  }

  /** Its id, told apart from those of drivers that this JVM had before; null if none runs here. */
  private static String query() {
    String execution = ActiveSession.context().getLocalProperty(EXECUTION);
    return execution == null ? null : ActiveSession.context().applicationId() + ' ' + execution;
  }
}
