package dev.sluice.wasm.testing;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads the S-expressions of WebAssembly text: lists, words and strings; comments are skipped. */
final class WatReader {
  /** Is a list, a word or a string. */
  sealed interface Node {}

  record Lst(List<Node> items) implements Node {
    /** Returns the first word, or an empty string. */
    String head() {
      return !items.isEmpty() && items.getFirst() instanceof Word word ? word.text() : "";
    }
  }

  record Word(String text) implements Node {}

  record Str(byte[] bytes) implements Node {}

  private final String text;
  private int at;

  private WatReader(String text) {
    this.text = text;
  }

  /** Reads one expression. */
  static Lst read(String text) {
    var reader = new WatReader(text);
    if (!(reader.node() instanceof Lst list)) {
      throw new IllegalArgumentException("expected a list");
    }
    return list;
  }

  private Node node() {
    skipSpace();
    char c = text.charAt(at);
    if (c == '(') {
      at++;
      var items = new ArrayList<Node>();
      for (skipSpace(); text.charAt(at) != ')'; skipSpace()) {
        items.add(node());
      }
      at++;
      return new Lst(items);
    }
    if (c == '"') {
      return string();
    }
    int start = at;
    while (at < text.length() && " \t\r\n()\";".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return new Word(text.substring(start, at));
  }

  private Str string() {
    var bytes = new ByteArrayOutputStream();
    at++;
    while (text.charAt(at) != '"') {
      char c = text.charAt(at++);
      if (c != '\\') {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      char escape = text.charAt(at++);
      switch (escape) {
        case 'n' -> bytes.write('\n');
        case 't' -> bytes.write('\t');
        case '"', '\\' -> bytes.write(escape);
        default -> bytes.write(Integer.parseInt("" + escape + text.charAt(at++), 16));
      }
    }
    at++;
    return new Str(bytes.toByteArray());
  }

  private void skipSpace() {
    while (at < text.length()) {
      if (Character.isWhitespace(text.charAt(at))) {
        at++;
      } else if (text.startsWith(";;", at)) {
        at = text.indexOf('\n', at);
      } else {
        return;
      }
    }
  }
}
