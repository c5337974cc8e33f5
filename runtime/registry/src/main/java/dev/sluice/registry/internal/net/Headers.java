package dev.sluice.registry.internal.net;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Holds the fields of an answer; names are compared without case. */
public final class Headers {
  private final Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);

  void add(String name, String value) {
    fields.computeIfAbsent(name, key -> new ArrayList<>(1)).add(value);
  }

  /** Returns the first value of a field. */
  public Optional<String> first(String name) {
    return all(name).stream().findFirst();
  }

  /** Returns all values of a field, in order. */
  public List<String> all(String name) {
    return fields.getOrDefault(name, List.of());
  }
}
