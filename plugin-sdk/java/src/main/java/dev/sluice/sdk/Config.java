package dev.sluice.sdk;

import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.RootContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code pluginConfig}. A value of the wrong kind refuses the plugin with a message that
 * names its path, what is there and what was expected. Immutable.
 */
public final class Config {
  private final String path;
  private final Map<?, ?> members;

  private Config(String path, Map<?, ?> members) {
    this.path = path;
    this.members = members;
  }

  /**
   * Reads the configuration of a root context; without one it is empty.
   *
   * @throws PluginException with kind CONFIGURE when it is no JSON object
   */
  public static Config of(RootContext context) {
    return of(context.configuration());
  }

  /** Reads a configuration of UTF-8 JSON. */
  public static Config of(byte[] json) {
    if (json.length == 0) {
      return new Config("pluginConfig", Map.of());
    }
    try {
      return object("pluginConfig", Json.parse(json));
    } catch (IllegalArgumentException e) {
      throw new PluginException(
          PluginException.Kind.CONFIGURE, "pluginConfig: " + e.getMessage(), e);
    }
  }

  private static Config object(String path, @Nullable Object value) {
    if (value instanceof Map<?, ?> members) {
      return new Config(path, members);
    }
    throw refused(path, value, "an object");
  }

  /** Returns whether a member is there and not null. */
  public boolean has(String name) {
    return members.get(name) != null;
  }

  /** Returns a string, or {@code otherwise} where there is none. */
  public String string(String name, String otherwise) {
    var value = members.get(name);
    return value == null ? otherwise : string(path + "." + name, value);
  }

  /** Returns a string that must be there. */
  public String string(String name) {
    return string(path + "." + name, members.get(name));
  }

  private static String string(String path, @Nullable Object value) {
    if (value instanceof String string) {
      return string;
    }
    throw refused(path, value, "a string");
  }

  /** Returns a whole number, or {@code otherwise} where there is none. */
  public long integer(String name, long otherwise) {
    return switch (members.get(name)) {
      case null -> otherwise;
      case Long number -> number;
      case Object odd -> throw refused(path + "." + name, odd, "a whole number");
    };
  }

  /** Returns a number, or {@code otherwise} where there is none. */
  public double number(String name, double otherwise) {
    return switch (members.get(name)) {
      case null -> otherwise;
      case Number number -> number.doubleValue();
      case Object odd -> throw refused(path + "." + name, odd, "a number");
    };
  }

  /** Returns a boolean, or {@code otherwise} where there is none. */
  public boolean bool(String name, boolean otherwise) {
    return switch (members.get(name)) {
      case null -> otherwise;
      case Boolean known -> known;
      case Object odd -> throw refused(path + "." + name, odd, "true or false");
    };
  }

  /** Returns an object; empty where there is none. */
  public Config object(String name) {
    var value = members.get(name);
    var inner = path + "." + name;
    return value == null ? new Config(inner, Map.of()) : object(inner, value);
  }

  /** Returns a list of strings; empty where there is none. */
  public List<String> strings(String name) {
    var strings = new ArrayList<String>();
    for (var element : list(name)) {
      strings.add(string(path + "." + name + "[" + strings.size() + "]", element));
    }
    return List.copyOf(strings);
  }

  /** Returns a list of objects; empty where there is none. */
  public List<Config> objects(String name) {
    var objects = new ArrayList<Config>();
    for (var element : list(name)) {
      objects.add(object(path + "." + name + "[" + objects.size() + "]", element));
    }
    return List.copyOf(objects);
  }

  private List<?> list(String name) {
    return switch (members.get(name)) {
      case null -> List.of();
      case List<?> list -> list;
      case Object odd -> throw refused(path + "." + name, odd, "a list");
    };
  }

  private static PluginException refused(String path, @Nullable Object value, String expected) {
    return new PluginException(
        PluginException.Kind.CONFIGURE,
        path
            + (value == null ? " is missing" : ": " + Json.write(value))
            + " (expected: "
            + expected
            + ")");
  }
}
