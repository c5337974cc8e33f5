package dev.sluice.sdk;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes JSON (RFC 8259) as {@link Map}, {@link List}, {@link String}, {@link Double},
 * {@link Long}, {@link Boolean} and null, without a dependency. Maps keep their order. For small
 * documents such as configurations and chat requests.
 */
public final class Json {
  private static final int DEPTH = 200;

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  /**
   * Reads a document of UTF-8 bytes.
   *
   * @throws IllegalArgumentException naming the offset and what was expected
   */
  public static @Nullable Object parse(byte[] document) {
    try {
      return parse(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(document)).toString());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("JSON: not UTF-8", e);
    }
  }

  /**
   * Reads a document.
   *
   * @throws IllegalArgumentException naming the offset and what was expected
   */
  public static @Nullable Object parse(String document) {
    var json = new Json(document);
    var value = json.value(0);
    json.blank();
    if (json.at < document.length()) {
      throw json.expected("the end");
    }
    return value;
  }

  /**
   * Writes a document.
   *
   * @throws IllegalArgumentException when a value is of a class that {@link #parse} does not make
   *     (any {@link Number} and {@link CharSequence} will do)
   */
  public static String write(@Nullable Object value) {
    var out = new StringBuilder();
    write(value, out);
    return out.toString();
  }

  private @Nullable Object value(int depth) {
    blank();
    if (depth > DEPTH) {
      throw expected("at most " + DEPTH + " levels");
    }
    char c = at < text.length() ? text.charAt(at) : 0;
    return switch (c) {
      case '{' -> object(depth);
      case '[' -> array(depth);
      case '"' -> string();
      case 't' -> word("true", true);
      case 'f' -> word("false", false);
      case 'n' -> word("null", null);
      default -> number();
    };
  }

  private Map<String, @Nullable Object> object(int depth) {
    var members = new LinkedHashMap<String, @Nullable Object>();
    at++;
    if (take('}')) {
      return members;
    }
    do {
      blank();
      var name = string();
      if (!take(':')) {
        throw expected("':'");
      }
      members.put(name, value(depth + 1));
    } while (take(','));
    if (!take('}')) {
      throw expected("',' or '}'");
    }
    return members;
  }

  private List<@Nullable Object> array(int depth) {
    var elements = new ArrayList<@Nullable Object>();
    at++;
    if (take(']')) {
      return elements;
    }
    do {
      elements.add(value(depth + 1));
    } while (take(','));
    if (!take(']')) {
      throw expected("',' or ']'");
    }
    return elements;
  }

  private @Nullable Object word(String word, @Nullable Object value) {
    if (!text.startsWith(word, at)) {
      throw expected(word);
    }
    at += word.length();
    return value;
  }

  private Number number() {
    int from = at;
    while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    var digits = text.substring(from, at);
    if (!digits.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
      at = from;
      throw expected("a value");
    }
    if (digits.matches("-?[0-9]{1,18}")) {
      return Long.valueOf(digits);
    }
    return Double.valueOf(digits);
  }

  private String string() {
    if (at >= text.length() || text.charAt(at) != '"') {
      throw expected("a string");
    }
    var out = new StringBuilder();
    for (at++; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return out.toString();
      }
      if (c < ' ') {
        throw expected("an escape for a control character");
      }
      out.append(c == '\\' ? escape() : c);
    }
    throw expected("'\"'");
  }

  private char escape() {
    at++;
    char c = at < text.length() ? text.charAt(at) : 0;
    int plain = "\"\\/bfnrt".indexOf(c);
    if (plain >= 0) {
      return "\"\\/\b\f\n\r\t".charAt(plain);
    }
    if (c != 'u' || at + 4 >= text.length()) {
      throw expected("an escape");
    }
    int code = 0;
    for (int i = 0; i < 4; i++) {
      at++;
      int digit = Character.digit(text.charAt(at), 16);
      if (digit < 0) {
        throw expected("four hexadecimal digits");
      }
      code = code * 16 + digit;
    }
    return (char) code;
  }

  private boolean take(char c) {
    blank();
    if (at >= text.length() || text.charAt(at) != c) {
      return false;
    }
    at++;
    return true;
  }

  private void blank() {
    while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private IllegalArgumentException expected(String what) {
    return new IllegalArgumentException("JSON: at offset " + at + " (expected: " + what + ")");
  }

  private static void write(@Nullable Object value, StringBuilder out) {
    switch (value) {
      case null -> out.append("null");
      case Boolean known -> out.append(known.booleanValue());
      case Number number -> out.append(number);
      case CharSequence string -> writeString(string, out);
      case List<?> list -> {
        char before = '[';
        for (var element : list) {
          out.append(before);
          write(element, out);
          before = ',';
        }
        out.append(list.isEmpty() ? "[]" : "]");
      }
      case Map<?, ?> map -> {
        char before = '{';
        for (var member : map.entrySet()) {
          out.append(before);
          writeString(String.valueOf(member.getKey()), out);
          out.append(':');
          write(member.getValue(), out);
          before = ',';
        }
        out.append(map.isEmpty() ? "{}" : "}");
      }
      default ->
          throw new IllegalArgumentException(
              value.getClass().getName() + " (expected: a map, list, string, number, boolean)");
    }
  }

  private static void writeString(CharSequence string, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < ' ') {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
