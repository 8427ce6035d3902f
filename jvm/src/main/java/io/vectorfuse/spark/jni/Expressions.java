package io.vectorfuse.spark.jni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.spark.sql.connector.expressions.Expression;
import org.apache.spark.sql.connector.expressions.GeneralScalarExpression;
import org.apache.spark.sql.connector.expressions.Literal;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.expressions.SortOrder;
import org.apache.spark.sql.connector.expressions.aggregate.AggregateFunc;
import org.apache.spark.sql.connector.expressions.aggregate.Count;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Spark's expressions as JSON in Spark's own words: names, columns and constants are passed on, and
 * nothing here knows what they mean.
 */
final class Expressions {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * As many calls within each other are passed on. What is deeper stays with Spark: whoever reads
   * the JSON refuses more than 128 lists and objects within each other, and a call has three.
   */
  private static final int DEEPEST = 24;

  private Expressions() {}

  static ArrayNode json(Expression[] expressions) {
    return json(expressions, 0);
  }

  private static ArrayNode json(Expression[] expressions, int depth) {
    ArrayNode all = JSON.createArrayNode();
    for (Expression expression : expressions) {
      all.add(depth < DEEPEST ? json(expression, depth) : other(expression));
    }
    return all;
  }

  private static JsonNode json(Expression expression, int depth) {
    if (expression instanceof NamedReference) {
      ArrayNode names = JSON.createArrayNode();
      for (String name : ((NamedReference) expression).fieldNames()) {
        names.add(name);
      }
      return node("column", names);
    }
    if (expression instanceof Literal) {
      return literal((Literal<?>) expression);
    }
    if (expression instanceof GeneralScalarExpression) {
      return call(((GeneralScalarExpression) expression).name(), expression, depth);
    }
    if (expression instanceof SortOrder) {
      return call(((SortOrder) expression).direction().toString(), expression, depth);
    }
    boolean distinct = expression instanceof Count && ((Count) expression).isDistinct();
    if (expression instanceof AggregateFunc && !distinct) {
      return call(expression.getClass().getSimpleName(), expression, depth);
    }
    return other(expression);
  }

  private static JsonNode call(String name, Expression expression, int depth) {
    ArrayNode children = json(expression.children(), depth + 1);
    return node("call", JSON.createArrayNode().add(name).add(children));
  }

  private static JsonNode literal(Literal<?> literal) {
    Object value = literal.value();
    // Text that is not UTF-8 has no form in JSON.
    if (value instanceof UTF8String && !UTF8String.fromString(value.toString()).equals(value)) {
      return other(literal);
    }
    ObjectNode json = JSON.createObjectNode();
    try {
      json.set("type", JSON.readTree(literal.dataType().json()));
    } catch (com.fasterxml.jackson.core.JsonProcessingException error) {
      throw new IllegalStateException("a type's JSON is none", error);
    }
    json.put("value", value == null ? null : value.toString());
    return node("literal", json);
  }

  private static JsonNode other(Expression expression) {
    return JSON.createObjectNode().put("other", expression.getClass().getSimpleName());
  }

  private static JsonNode node(String name, JsonNode content) {
    return JSON.createObjectNode().set(name, content);
  }
}
