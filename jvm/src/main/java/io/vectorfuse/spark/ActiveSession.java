package io.vectorfuse.spark;

import java.util.HashMap;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.RuntimeConfig;
import org.apache.spark.sql.SparkSession;
import scala.Option;
import scala.Tuple2;
import scala.collection.Iterator;

/**
 * What the driver's side needs from the session that plans: its {@code spark.vectorfuse.*} options,
 * its parallelism, the version of Spark, and the redaction of secrets. Used on the driver alone.
 *
 * <p>Only what is the same in the class files of Spark 3.5 and 4.x, for Scala 2.12 and 2.13, is
 * called here.
 */
public final class ActiveSession {
  private static final String OPTION_PREFIX = "spark.vectorfuse.";
  private static final String REDACTION = "spark.sql.redaction.options.regex";
  private static final String REDACTION_DEFAULT = "(?i)url";

  private ActiveSession() {}

  /**
   * The session's settings that begin with {@code spark.vectorfuse.}, by complete key; empty
   * without a session.
   */
  public static Map<String, String> options() {
    Map<String, String> options = new HashMap<>();
    Option<SparkSession> session = session();
    if (session.isDefined()) {
      Iterator<Tuple2<String, String>> all = session.get().conf().getAll().iterator();
      while (all.hasNext()) {
        Tuple2<String, String> entry = all.next();
        if (entry._1().startsWith(OPTION_PREFIX)) {
          options.put(entry._1(), entry._2());
        }
      }
    }
    return options;
  }

  /** How many tasks the cluster runs side by side, as Spark counts it; at least 1. */
  public static int parallelism() {
    Option<SparkSession> session = session();
    return session.isDefined() ? Math.max(1, session.get().sparkContext().defaultParallelism()) : 1;
  }

  /**
   * The context of the session.
   *
   * @throws java.util.NoSuchElementException if no job can run here, since there is no session
   */
  public static SparkContext context() {
    return session().get().sparkContext();
  }

  /** The version of the Spark that runs, for example {@code 3.5.9}. */
  public static String sparkVersion() {
    return org.apache.spark.package$.MODULE$.SPARK_VERSION();
  }

  /**
   * Makes Spark itself hide the values of the options whose names match, wherever it prints a plan.
   *
   * <p>The setting is made in the active session, which plans, and in the default session, which
   * Spark asks when it prints a plan on a thread that has no session (a listener's).
   *
   * @param pattern a regular expression for option names
   */
  static void redact(String pattern) {
    redact(SparkSession.getActiveSession(), pattern);
    redact(SparkSession.getDefaultSession(), pattern);
  }

  private static void redact(Option<SparkSession> session, String pattern) {
    if (session.isDefined()) {
      RuntimeConfig conf = session.get().conf();
      String old = conf.get(REDACTION, REDACTION_DEFAULT);
      if (!old.contains(pattern)) {
        conf.set(REDACTION, old.isEmpty() ? pattern : old + "|" + pattern);
      }
    }
  }

  private static Option<SparkSession> session() {
    Option<SparkSession> active = SparkSession.getActiveSession();
    return active.isDefined() ? active : SparkSession.getDefaultSession();
  }
}
