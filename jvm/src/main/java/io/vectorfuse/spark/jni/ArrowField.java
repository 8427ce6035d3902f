package io.vectorfuse.spark.jni;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The format of one column as the native side exported it, with the formats inside it: read once
 * from an ArrowSchema, on the heap from then on. The formats that VectorFuse uses are listed here
 * and nowhere else; any other is refused.
 */
final class ArrowField {
  /** Precision and scale of a 128-bit decimal; other widths have a third number. */
  private static final Pattern DECIMAL = Pattern.compile("d:(\\d{1,2}),(\\d{1,2})");

  /** How the values of a format lie in memory. */
  enum Layout {
    NULL,
    BITS,
    FIXED,
    DECIMAL,
    TEXT,
    BINARY,
    LIST,
    STRUCT,
    MAP
  }

  /** The column's path from the root, for messages: {@code address.street}. */
  final String path;

  /** The column's own name; empty where there is none. */
  final String name;

  final String format;
  final Layout layout;

  /** Bytes of a value of a fixed width; 0 for the other layouts. */
  final int width;

  /** Precision and scale of a decimal; 0 for the other layouts. */
  final int precision;

  final int scale;

  final ArrowField[] children;

  private ArrowField(String path, String name, String format, ArrowField[] children) {
    this.path = path;
    this.name = name;
    this.format = format;
    this.children = children;
    this.layout = layoutOf(path, format);
    this.width = layout == Layout.FIXED ? widthOf(format) : layout == Layout.DECIMAL ? 16 : 0;
    Matcher numbers = DECIMAL.matcher(format);
    boolean decimal = numbers.matches();
    this.precision = decimal ? Integer.parseInt(numbers.group(1)) : 0;
    this.scale = decimal ? Integer.parseInt(numbers.group(2)) : 0;
  }

  /**
   * Reads the schema of batches.
   *
   * @param address an ArrowSchema of format "+s"; only read, and not needed afterwards
   * @throws IllegalStateException if a column has a format that is not known here
   */
  static ArrowField read(long address) {
    ArrowField root = read(address, "", true);
    if (root.layout != Layout.STRUCT) {
      throw new IllegalStateException("a batch must be a struct (+s), not " + root.format);
    }
    return root;
  }

  private static ArrowField read(long address, String parent, boolean root) {
    String text = ArrowStructs.text(ArrowStructs.member(address, ArrowStructs.SCHEMA_NAME));
    String name = text == null ? "" : text;
    String path = root ? "" : parent.isEmpty() ? name : parent + "." + name;
    String format = ArrowStructs.text(ArrowStructs.member(address, ArrowStructs.SCHEMA_FORMAT));
    if (ArrowStructs.member(address, ArrowStructs.SCHEMA_DICTIONARY) != 0) {
      throw unknown(path, "dictionary of " + format);
    }
    int count = (int) ArrowStructs.member(address, ArrowStructs.SCHEMA_N_CHILDREN);
    ArrowField[] children = new ArrowField[count];
    for (int i = 0; i < count; i++) {
      children[i] =
          read(ArrowStructs.pointer(address, ArrowStructs.SCHEMA_CHILDREN, i), path, false);
    }
    ArrowField field = new ArrowField(path, name, format, children);
    field.checkChildren();
    return field;
  }

  private void checkChildren() {
    boolean right;
    switch (layout) {
      case LIST:
        right = children.length == 1;
        break;
      case MAP:
        right =
            children.length == 1
                && children[0].layout == Layout.STRUCT
                && children[0].children.length == 2;
        break;
      case STRUCT:
        right = true;
        break;
      default:
        right = children.length == 0;
    }
    if (!right) {
      throw unknown(path, format + " with " + children.length + " children");
    }
  }

  private static Layout layoutOf(String path, String format) {
    if (format == null) {
      throw unknown(path, null);
    }
    switch (format) {
      case "n":
        return Layout.NULL;
      case "b":
        return Layout.BITS;
      case "u":
        return Layout.TEXT;
      case "z":
        return Layout.BINARY;
      case "+l":
        return Layout.LIST;
      case "+s":
        return Layout.STRUCT;
      case "+m":
        return Layout.MAP;
      default:
        if (DECIMAL.matcher(format).matches()) {
          return Layout.DECIMAL;
        }
        if (widthOf(format) == 0) {
          throw unknown(path, format);
        }
        return Layout.FIXED;
    }
  }

  private static int widthOf(String format) {
    switch (format) {
      case "c":
        return 1;
      case "s":
        return 2;
      case "i":
      case "f":
      case "tdD":
        return 4;
      case "l":
      case "g":
        return 8;
      default:
        return format.startsWith("tsu:") ? 8 : 0;
    }
  }

  private static IllegalStateException unknown(String path, String format) {
    return new IllegalStateException(
        "column " + path + " has the Arrow format " + format + ", which is not supported");
  }
}
