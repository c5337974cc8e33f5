package dev.sluice.ai.internal;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes JSON; the caller closes what it opens. */
final class JsonWriter {
  private final Bytes out;
  private boolean comma;

  JsonWriter(int expected) {
    out = new Bytes(expected);
  }

  JsonWriter object() {
    separate();
    out.put('{');
    comma = false;
    return this;
  }

  JsonWriter object(String name) {
    return key(name).object();
  }

  JsonWriter endObject() {
    out.put('}');
    comma = true;
    return this;
  }

  JsonWriter array() {
    separate();
    out.put('[');
    comma = false;
    return this;
  }

  JsonWriter array(String name) {
    return key(name).array();
  }

  JsonWriter endArray() {
    out.put(']');
    comma = true;
    return this;
  }

  JsonWriter key(String name) {
    separate();
    JsonText.write(out, name);
    out.put(':');
    comma = false;
    return this;
  }

  JsonWriter value(String text) {
    separate();
    JsonText.write(out, text);
    return this;
  }

  JsonWriter value(long number) {
    return raw(Long.toString(number));
  }

  JsonWriter value(boolean flag) {
    return raw(flag ? "true" : "false");
  }

  /** Writes a JSON text as it stands. */
  JsonWriter raw(String json) {
    separate();
    out.put(json);
    return this;
  }

  JsonWriter field(String name, String text) {
    return key(name).value(text);
  }

  JsonWriter field(String name, long number) {
    return key(name).value(number);
  }

  JsonWriter field(String name, boolean flag) {
    return key(name).value(flag);
  }

  JsonWriter rawField(String name, String json) {
    return key(name).raw(json);
  }

  JsonWriter nullField(String name) {
    return key(name).raw("null");
  }

  /** Writes a field unless its value is null. */
  JsonWriter optional(String name, @Nullable String text) {
    return text == null ? this : field(name, text);
  }

  /** Writes a field unless its JSON text is null. */
  JsonWriter optionalRaw(String name, @Nullable String json) {
    return json == null ? this : rawField(name, json);
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }

  @Override
  public String toString() {
    return new String(out.toByteArray(), StandardCharsets.UTF_8);
  }

  private void separate() {
    if (comma) {
      out.put(',');
    }
    comma = true;
  }
}
