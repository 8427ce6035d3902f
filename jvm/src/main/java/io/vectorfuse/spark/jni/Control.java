package io.vectorfuse.spark.jni;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vectorfuse.spark.VectorFuseException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.spark.sql.connector.expressions.SortOrder;
import org.apache.spark.sql.connector.expressions.aggregate.Aggregation;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The driver's questions to the native side, each one JSON object there and one back. What the
 * answers call table, scan, split, plan and message is opaque here: it is handed on to the next
 * question. Warnings in an answer go to the driver's log.
 *
 * <p>Every question throws {@link io.vectorfuse.spark.VectorFuseException} when it fails.
 */
public final class Control {
  private static final Logger LOG = LoggerFactory.getLogger(Control.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private Control() {}

  /** The answer to {@link #check}. */
  public static final class Checked {
    /** What the table is called in plans. */
    public final String name;

    /** A regular expression for the names of the options that are secrets, or null. */
    public final String redact;

    private Checked(JsonNode answer) {
      this.name = text(answer, "name");
      this.redact = answer.hasNonNull("redact") ? answer.get("redact").asText() : null;
    }
  }

  /** The answer to {@link #load}. */
  public static final class Loaded {
    public final String table;
    public final StructType schema;

    /** Whether a limit can be part of {@link #pushDown}. */
    public final boolean limits;

    /** Whether a sample can be part of it. */
    public final boolean samples;

    private Loaded(JsonNode answer) {
      this.table = text(answer, "table");
      this.schema = schema(answer);
      this.limits = present(answer, "limits").asBoolean();
      this.samples = present(answer, "samples").asBoolean();
    }
  }

  /** The answer to {@link #accepts}. */
  public static final class Accepted {
    /** Those that the store evaluates, exactly or as far as it can. */
    public final Predicate[] pushed;

    /** Those that Spark must evaluate, because the store does not, or not exactly. */
    public final Predicate[] left;

    private Accepted(JsonNode answer, Predicate[] predicates) {
      this.pushed = those(present(answer, "pushed"), predicates);
      this.left = those(present(answer, "left"), predicates);
    }

    private static Predicate[] those(JsonNode places, Predicate[] predicates) {
      Predicate[] some = new Predicate[places.size()];
      for (int i = 0; i < some.length; i++) {
        some[i] = predicates[places.get(i).asInt()];
      }
      return some;
    }
  }

  /** The answer to {@link #pushDown}. */
  public static final class PushedDown {
    public final String scan;

    /** The columns that the readers give, in their order. */
    public final StructType schema;

    /** What EXPLAIN shows. */
    public final String description;

    /** The columns by whose values {@link #narrow} can make the scan smaller. */
    public final String[] lookups;

    private PushedDown(JsonNode answer) {
      this.scan = text(answer, "scan");
      this.schema = schema(answer);
      this.description = text(answer, "description");
      JsonNode names = present(answer, "lookups");
      this.lookups = new String[names.size()];
      for (int i = 0; i < lookups.length; i++) {
        lookups[i] = names.get(i).asText();
      }
    }
  }

  /** The answer to {@link #statistics}. */
  public static final class Size {
    public final OptionalLong rows;
    public final OptionalLong bytes;

    private Size(JsonNode answer) {
      this.rows = number(answer, "rows");
      this.bytes = number(answer, "bytes");
    }

    private static OptionalLong number(JsonNode answer, String field) {
      return answer.hasNonNull(field)
          ? OptionalLong.of(answer.get(field).asLong())
          : OptionalLong.empty();
    }
  }

  /** The answer to {@link #planRead}. */
  public static final class ReadPlan {
    /** One for each task. */
    public final String[] splits;

    /** Which collection of which server it is. */
    public final String source;

    private ReadPlan(JsonNode answer) {
      this.source = text(answer, "source");
      JsonNode texts = present(answer, "splits");
      this.splits = new String[texts.size()];
      for (int i = 0; i < splits.length; i++) {
        splits[i] = texts.get(i).asText();
      }
    }
  }

  /** The answer to {@link #planWrite}. */
  public static final class WritePlan {
    public final String plan;

    /** How many rows a batch has at most. */
    public final long flushRows;

    /** After how many bytes a batch is handed over. */
    public final long flushBytes;

    private WritePlan(JsonNode answer) {
      this.plan = text(answer, "plan");
      this.flushRows = present(answer, "flush_rows").asLong();
      this.flushBytes = present(answer, "flush_bytes").asLong();
    }
  }

  /**
   * How is a DataFrame saved in this mode of Spark's?
   *
   * @param mode the name of a {@code SaveMode}
   * @return the mode of {@link #planWrite}, or null: nothing is to be done
   */
  public static String save(Map<String, String> options, Map<String, String> session, String mode) {
    ObjectNode question = question("save", options, session);
    question.put("mode", mode);
    JsonNode answer = ask(question);
    return answer.hasNonNull("mode") ? answer.get("mode").asText() : null;
  }

  /**
   * Are the options right, and can the columns be kept, as far as that can be known without asking
   * a store?
   */
  public static Checked check(
      Map<String, String> options, Map<String, String> session, StructType schema) {
    ObjectNode question = question("check", options, session);
    question.set("schema", SchemaJson.write(schema));
    return new Checked(ask(question));
  }

  /**
   * What is in the collection that the options name?
   *
   * @param schema the columns that are wanted, or null: the store says
   */
  public static Loaded load(
      Map<String, String> options, Map<String, String> session, String spark, StructType schema) {
    ObjectNode question = question("load", options, session);
    question.put("spark", spark);
    question.set("schema", schema == null ? null : SchemaJson.write(schema));
    return new Loaded(ask(question));
  }

  /** Which of the predicates can the store evaluate, and which must Spark? */
  public static Accepted accepts(String table, Predicate[] predicates) {
    ObjectNode question = question("accepts");
    question.put("table", table);
    question.set("predicates", Expressions.json(predicates));
    return new Accepted(ask(question), predicates);
  }

  /**
   * The scan that gives the results of aggregates instead of rows, or null if the store does not
   * compute them exactly.
   *
   * @param predicates those that the store accepted
   */
  public static PushedDown aggregates(
      String table, Predicate[] predicates, Aggregation aggregation) {
    ObjectNode question = question("aggregates");
    question.put("table", table);
    question.set("predicates", Expressions.json(predicates));
    question.set("functions", Expressions.json(aggregation.aggregateExpressions()));
    question.set("group_by", Expressions.json(aggregation.groupByExpressions()));
    JsonNode answer = ask(question);
    return answer.has("scan") ? new PushedDown(answer) : null;
  }

  /** Can the store find the first rows of this order? */
  public static boolean orders(String table, SortOrder[] orders, int limit) {
    ObjectNode question = question("orders");
    question.put("table", table);
    question.set("orders", Expressions.json(orders));
    question.put("limit", limit);
    return present(ask(question), "orders").asBoolean();
  }

  /** Should the store pass over the first of so many rows? */
  public static boolean skips(String table, int limit, int offset) {
    ObjectNode question = question("skips");
    question.put("table", table);
    question.put("limit", limit);
    question.put("offset", offset);
    return present(ask(question), "skips").asBoolean();
  }

  /**
   * How would the table be read?
   *
   * @param required the columns that Spark needs
   * @param predicates those that the store accepted
   */
  public static PushedDown pushDown(
      String table, StructType required, Predicate[] predicates, Chosen chosen) {
    ObjectNode question = question("push_down");
    question.put("table", table);
    question.set("schema", SchemaJson.write(required));
    question.set("predicates", Expressions.json(predicates));
    chosen.addTo(question);
    return new PushedDown(ask(question));
  }

  /** The scan of fewer rows, by predicates that came up while the query runs. */
  public static PushedDown narrow(String scan, Predicate[] predicates) {
    ObjectNode question = question("narrow");
    question.put("scan", scan);
    question.set("predicates", Expressions.json(predicates));
    return new PushedDown(ask(question));
  }

  /** About how much does the scan read? */
  public static Size statistics(String scan) {
    ObjectNode question = question("statistics");
    question.put("scan", scan);
    return new Size(ask(question));
  }

  /** In which parts is the scan read? Disjoint and complete, one task for each. */
  public static ReadPlan planRead(String scan, int parallelism) {
    ObjectNode question = question("plan_read");
    question.put("scan", scan);
    question.put("parallelism", parallelism);
    return new ReadPlan(ask(question));
  }

  /**
   * Prepares a write: this creates, checks or empties the collection.
   *
   * @param schema the rows that will come
   * @param mode "append", "overwrite", or what {@link #save} said
   * @param query Spark's id of the query, the same for every attempt of its tasks
   * @param reading what the query reads, each as {@link ReadPlan#source} says it
   */
  public static WritePlan planWrite(
      Map<String, String> options,
      Map<String, String> session,
      StructType schema,
      String mode,
      String query,
      List<String> reading) {
    ObjectNode question = question("plan_write", options, session);
    question.set("schema", SchemaJson.write(schema));
    question.put("mode", mode);
    question.put("query", query);
    add(question, "reading", reading);
    return new WritePlan(ask(question));
  }

  /**
   * Ends a write.
   *
   * @param messages those of the tasks that committed
   * @param others whether there were attempts of tasks beside those
   * @param outcome "commit" or "abort"
   */
  public static void finishWrite(
      String plan, List<String> messages, boolean others, String outcome) {
    ObjectNode question = question("finish_write");
    question.put("plan", plan);
    add(question, "messages", messages);
    question.put("others", others);
    question.put("outcome", outcome);
    ask(question);
  }

  /**
   * How much the native side holds on to: handles, exported schemas and batches, batches that are
   * lent. For tests.
   */
  static JsonNode diagnostics() {
    return ask(question("diagnostics"));
  }

  /** What {@link BatchWriter} is opened with, as UTF-8. */
  public static byte[] task(String plan, int partition) {
    ObjectNode json = JSON.createObjectNode();
    json.put("plan", plan);
    json.put("partition", partition);
    return bytes(json);
  }

  private static ObjectNode question(String call) {
    ObjectNode question = JSON.createObjectNode();
    question.put("call", call);
    return question;
  }

  private static ObjectNode question(
      String call, Map<String, String> options, Map<String, String> session) {
    ObjectNode question = question(call);
    ObjectNode own = question.putObject("options");
    options.forEach((name, value) -> own.put(name, given(name, value)));
    session.forEach(question.putObject("session")::put);
    return question;
  }

  private static void add(ObjectNode question, String field, List<String> texts) {
    ArrayNode array = question.putArray(field);
    texts.forEach(array::add);
  }

  /** Python's None, say of an environment variable that is not set, comes as null. */
  private static String given(String name, String value) {
    if (value == null) {
      throw new VectorFuseException(
          VectorFuseException.Kind.OPTIONS,
          "option `" + name + "` has no value: give it one, or leave the option out",
          null);
    }
    return value;
  }

  private static JsonNode ask(ObjectNode question) {
    NativeLibrary.load();
    byte[] answer = Native.call(bytes(question));
    JsonNode tree = tree(new String(answer, StandardCharsets.UTF_8));
    for (JsonNode warning : tree.path("warnings")) {
      LOG.warn("{}", warning.asText());
    }
    return tree;
  }

  private static byte[] bytes(ObjectNode json) {
    try {
      return JSON.writeValueAsBytes(json);
    } catch (JsonProcessingException error) {
      throw new IllegalStateException(error);
    }
  }

  static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException error) {
      throw new IllegalStateException("not JSON", error);
    }
  }

  private static StructType schema(JsonNode answer) {
    return SchemaJson.read(present(answer, "schema"));
  }

  private static String text(JsonNode answer, String field) {
    return present(answer, field).asText();
  }

  private static JsonNode present(JsonNode answer, String field) {
    JsonNode value = answer.get(field);
    if (value == null) {
      throw new IllegalStateException("the native side's answer has no " + field);
    }
    return value;
  }
}
