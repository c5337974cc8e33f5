package dev.sluice.control.internal;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Hides secrets that stand literally in a configuration, and puts them back. */
final class Secrets {
  /** What is shown instead. */
  static final String HIDDEN = "***";

  /** Parameters that carry credentials by custom: Gemini's key, signatures of URLs. */
  private static final Set<String> CREDENTIALS =
      Set.of("key", "sig", "signature", "x-amz-signature");

  private static final Pattern NAME =
      Pattern.compile(
          ".*(token|password|passwd|secret|credential|authorization|dockerconfig|(api|access|private|secret)key)s?");

  /** References without a default show where a secret comes from, not what it is. */
  private static final Pattern REFERENCES =
      Pattern.compile("(\\$\\{(file:[^}]*|[A-Za-z0-9_]*(:-)?)})+");

  /** What a provider knows the gateway by has no telling name. */
  private static final Pattern PROVIDER_KEY =
      Pattern.compile("providers\\[\\d+]\\.keys\\[\\d+]\\.value");

  private static final List<String> PROVIDER_SECRETS =
      List.of("value", "secretAccessKey", "sessionToken");

  /** Names of fields that hold a url, in which a password may stand. */
  private static final Set<String> URLS = Set.of("url", "baseUrl", "endpoint", "issuer", "jwksUri");

  /** Says who with a password, as urls of databases do. */
  private static final Pattern LOGIN =
      Pattern.compile("[a-z][a-z0-9+.-]*://[^/@\\s]*:[^/@\\s]+@.*");

  private static final Pattern KEYS = Pattern.compile("consumers\\[\\d+]\\.keys\\[\\d+]");

  private Secrets() {}

  /** Tells whether a value is a secret, by its path. */
  static boolean hidesAt(String path) {
    return PROVIDER_KEY.matcher(path).matches();
  }

  private static void maskProviderKeys(ObjectNode config) {
    for (var provider : config.path("providers")) {
      for (var key : provider.path("keys")) {
        if (key instanceof ObjectNode object && isLiteral(object.path("value"))) {
          object.put("value", HIDDEN);
        }
      }
    }
  }

  private static void restoreKey(ObjectNode key, JsonNode before) {
    for (var field : PROVIDER_SECRETS) {
      if (isHidden(key.path(field)) && before.path(field).isString()) {
        key.set(field, before.path(field));
      }
    }
  }

  /** Keys without a name are known by their place, as long as there are as many as before. */
  private static void restoreProviderKeys(ObjectNode config, ObjectNode now) {
    for (var provider : config.path("providers")) {
      var keys = provider.path("keys");
      var before = counterpart(provider, now.path("providers")).path("keys");
      for (int i = 0; i < keys.size(); i++) {
        if (keys.get(i) instanceof ObjectNode key) {
          boolean placed = !key.has("name") && keys.size() == before.size();
          restoreKey(key, placed ? before.get(i) : counterpart(key, before));
        }
      }
    }
  }

  /**
   * Tells whether a value is a secret, by its name.
   *
   * @param env whether it is one of a VM's environment, where everything may be one
   */
  static boolean hides(String name, JsonNode value, boolean env) {
    return value.isValueNode() && (env || isSecret(name) || isLogin(name, value));
  }

  private static boolean isLogin(String name, JsonNode value) {
    return URLS.contains(name)
        && value.isString()
        && (isHidden(value) || LOGIN.matcher(value.asString()).matches());
  }

  private static boolean isSecret(String name) {
    return NAME.matcher(name.toLowerCase(Locale.ROOT).replaceAll("[-_.]", "")).matches();
  }

  /** Returns a path without the values of those parameters of its query that are credentials. */
  static String withoutCredentials(String path) {
    int query = path.indexOf('?');
    if (query < 0) {
      return path;
    }
    var shown = new StringBuilder(path.length()).append(path, 0, query);
    char separator = '?';
    for (var parameter : path.substring(query + 1).split("&", -1)) {
      int equals = parameter.indexOf('=');
      var name = equals < 0 ? "" : parameter.substring(0, equals);
      var plain = decoded(name);
      boolean credential = CREDENTIALS.contains(plain.toLowerCase(Locale.ROOT)) || isSecret(plain);
      shown.append(separator).append(credential ? name + "=" + HIDDEN : parameter);
      separator = '&';
    }
    return shown.toString();
  }

  /** Who reads the query decodes it, so a name that is written otherwise is the same name. */
  private static String decoded(String name) {
    if (name.indexOf('%') < 0) {
      return name;
    }
    try {
      return URLDecoder.decode(name, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return name;
    }
  }

  /** Tells whether a value was hidden. */
  static boolean isHidden(JsonNode value) {
    return value.isString() && value.asString().equals(HIDDEN);
  }

  /** Returns a copy in which literal secrets read {@code ***}; references to variables stay. */
  static ObjectNode mask(ObjectNode config) {
    var copy = config.deepCopy();
    maskIn(copy, false);
    maskProviderKeys(copy);
    maskKeys(copy);
    return copy;
  }

  /** Returns whether everything that stands under a name may be a secret. */
  static boolean hidesAll(String name, JsonNode value) {
    return name.equals("env") || (name.equals("headers") && value.isObject());
  }

  /** Returns whether the values of a list are secrets, by its path: the keys of a consumer are. */
  static boolean hidesItems(String path) {
    return KEYS.matcher(path).matches();
  }

  private static Iterable<ObjectNode> withKeys(ObjectNode config) {
    var consumers = new ArrayList<ObjectNode>();
    for (var consumer : config.path("consumers")) {
      if (consumer instanceof ObjectNode object && object.path("keys").isArray()) {
        consumers.add(object);
      }
    }
    return consumers;
  }

  private static void maskKeys(ObjectNode config) {
    for (var consumer : withKeys(config)) {
      var keys = (ArrayNode) consumer.path("keys");
      for (int i = 0; i < keys.size(); i++) {
        if (isLiteral(keys.get(i))) {
          keys.set(i, HIDDEN);
        }
      }
    }
  }

  /** Keys have no names: they are known by their place, as long as there are as many as before. */
  private static void restoreKeys(ObjectNode config, ObjectNode now) {
    for (var consumer : withKeys(config)) {
      var keys = (ArrayNode) consumer.path("keys");
      var old = counterpart(consumer, now.path("consumers")).path("keys");
      for (int i = 0; i < keys.size() && old.size() == keys.size(); i++) {
        if (isHidden(keys.get(i)) && old.get(i).isString()) {
          keys.set(i, old.get(i));
        }
      }
    }
  }

  private static void maskIn(JsonNode node, boolean env) {
    if (node instanceof ObjectNode object) {
      for (var name : Set.copyOf(object.propertyNames())) {
        var value = object.get(name);
        if (hides(name, value, env) && isLiteral(value)) {
          object.put(name, HIDDEN);
        } else {
          maskIn(value, hidesAll(name, value));
        }
      }
    } else {
      node.forEach(item -> maskIn(item, false));
    }
  }

  private static boolean isLiteral(JsonNode value) {
    return value.isString()
        && !value.asString().isEmpty()
        && !REFERENCES.matcher(value.asString()).matches();
  }

  /**
   * Returns a copy of a configuration in which each hidden secret has the value that stands at the
   * same place now; entries of lists are found by their name. What has no such value stays hidden.
   */
  static ObjectNode restore(ObjectNode changed, ObjectNode now) {
    var copy = changed.deepCopy();
    restoreIn(copy, now, false);
    restoreProviderKeys(copy, now);
    restoreKeys(copy, now);
    return copy;
  }

  private static void restoreIn(JsonNode node, JsonNode now, boolean env) {
    if (node instanceof ObjectNode object) {
      for (var name : Set.copyOf(object.propertyNames())) {
        var value = object.get(name);
        if (isHidden(value) && hides(name, value, env)) {
          if (now.path(name).isString()) {
            object.set(name, now.get(name));
          }
        } else {
          restoreIn(value, now.path(name), hidesAll(name, value));
        }
      }
    } else if (node instanceof ArrayNode array) {
      array.forEach(item -> restoreIn(item, counterpart(item, now), false));
    }
  }

  private static JsonNode counterpart(JsonNode item, JsonNode list) {
    var name = item.path("name").asString("");
    for (var other : list) {
      if (!name.isEmpty() && other.path("name").asString("").equals(name)) {
        return other;
      }
    }
    return JsonMapper.shared().missingNode();
  }
}
