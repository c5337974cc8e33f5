package dev.sluice.state.internal.vectors;

import dev.sluice.plugin.host.Vectors.Item;
import dev.sluice.state.internal.redis.RedisNames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Encodes items for Redis. A value is kept with its attributes in one string; beside the vector
 * stand hashes of the attributes, because the server's filters know neither every name nor every
 * value.
 */
final class RedisItem {
  private RedisItem() {}

  /** Is what was kept. */
  record Kept(byte[] value, Map<String, String> attributes) {}

  static byte[] keep(Item item) {
    var parts = new byte[2 * item.attributes().size()][];
    int size = 4 + item.value().length;
    int i = 0;
    for (var attribute : item.attributes().entrySet()) {
      parts[i] = RedisNames.bytes(attribute.getKey());
      parts[i + 1] = RedisNames.bytes(attribute.getValue());
      size += 8 + parts[i].length + parts[i + 1].length;
      i += 2;
    }
    var buffer = ByteBuffer.allocate(size).putInt(parts.length);
    for (var part : parts) {
      buffer.putInt(part.length).put(part);
    }
    return buffer.put(item.value()).array();
  }

  static Kept read(byte[] kept) {
    var buffer = ByteBuffer.wrap(kept);
    int parts = buffer.getInt();
    var attributes = new LinkedHashMap<String, String>();
    for (int i = 0; i < parts; i += 2) {
      attributes.put(text(buffer), text(buffer));
    }
    var value = new byte[buffer.remaining()];
    buffer.get(value);
    return new Kept(value, attributes);
  }

  private static String text(ByteBuffer buffer) {
    var bytes = new byte[buffer.getInt()];
    buffer.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** Returns the attributes for filters: hashes, and {@code x}, when it expires. */
  static String json(Map<String, String> attributes, long expires) {
    var json = new StringBuilder("{\"x\":").append(expires);
    attributes.forEach(
        (name, value) ->
            json.append(",\"")
                .append(name(name))
                .append("\":\"")
                .append(RedisNames.hash(value))
                .append('"'));
    return json.append('}').toString();
  }

  /** Returns a word for each attribute, of letters and digits. */
  static Stream<String> tags(Map<String, String> attributes) {
    return attributes.entrySet().stream()
        .map(attribute -> name(attribute.getKey()) + RedisNames.hash(attribute.getValue()));
  }

  /** Returns a filter for what has attributes and has not expired. */
  static String filter(Map<String, String> attributes, long now) {
    var filter = new StringBuilder(".x > ").append(now);
    attributes.forEach(
        (name, value) ->
            filter
                .append(" and .")
                .append(name(name))
                .append(" == \"")
                .append(RedisNames.hash(value))
                .append('"'));
    return filter.toString();
  }

  /** Returns the name of an attribute beside a vector. */
  static String name(String name) {
    return "a" + RedisNames.hash(name);
  }

  static byte[] vector(float[] vector) {
    var buffer = ByteBuffer.allocate(4 * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float number : vector) {
      buffer.putFloat(number);
    }
    return buffer.array();
  }
}
