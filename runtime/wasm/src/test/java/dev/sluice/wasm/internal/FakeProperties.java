package dev.sluice.wasm.internal;

import dev.sluice.plugin.Properties;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Holds attributes in a map. */
final class FakeProperties implements Properties {
  final Map<List<String>, byte[]> values = new HashMap<>();

  FakeProperties with(String value, String... path) {
    values.put(List.of(path), value.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  @Override
  public byte @Nullable [] get(List<String> path) {
    return values.get(path);
  }

  @Override
  public boolean set(List<String> path, byte[] value) {
    if (path.getFirst().equals("request")) {
      return false;
    }
    values.put(path, value);
    return true;
  }
}
