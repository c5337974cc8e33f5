package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigProblem;
import dev.sluice.control.internal.ConfigSource.Mark;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Is a configuration with its references filled in, and collects what is wrong with it. */
final class ConfigDocument {
  /** Shorter values are no secrets, and hiding them would garble messages. */
  private static final int SECRET_LENGTH = 4;

  private static final int SHOWN = 80;
  private static final JsonNodeFactory JSON = JsonMapper.shared().getNodeFactory();

  private final ConfigSource source;
  private final ObjectNode root;
  private final Map<String, Consumer<JsonNode>> references = new LinkedHashMap<>();
  private final Set<String> broken = new HashSet<>();
  private final Set<String> hiddenPaths = new HashSet<>();
  private final Set<String> hiddenTexts = new HashSet<>();
  private final List<ConfigProblem> problems = new ArrayList<>();

  private ConfigDocument(ConfigSource source) {
    this.source = source;
    this.root = source.raw().deepCopy();
    problems.addAll(source.problems());
  }

  /** Fills in the references of a configuration; those that lead nowhere are reported. */
  static ConfigDocument of(ConfigSource source, Substitution substitution) {
    var document = new ConfigDocument(source);
    document.fill(document.root, "", false, substitution);
    return document;
  }

  private void fill(JsonNode node, String path, boolean env, Substitution substitution) {
    switch (node) {
      case ObjectNode object -> {
        for (var name : List.copyOf(object.propertyNames())) {
          var inner = path.isEmpty() ? name : path + "." + name;
          var value = object.get(name);
          if (Secrets.hides(name, value, env) || Secrets.hidesAt(inner)) {
            hide(value, inner);
          }
          fill(
              value,
              inner,
              Secrets.hidesAll(name, value),
              substitution,
              filled -> object.set(name, filled));
        }
      }
      case ArrayNode array -> {
        for (int i = 0; i < array.size(); i++) {
          int index = i;
          var inner = path + "[" + i + "]";
          if (Secrets.hidesItems(inner)) {
            hide(array.get(i), inner);
          }
          fill(array.get(i), inner, false, substitution, filled -> array.set(index, filled));
        }
      }
      default -> {}
    }
  }

  private void hide(JsonNode value, String path) {
    hiddenPaths.add(path);
    if (Secrets.isHidden(value)) {
      report(
          path,
          null,
          "*** stands for a hidden value, but none is here (expected: the value itself)");
      broken.add(path);
    }
  }

  private void fill(
      JsonNode node,
      String path,
      boolean env,
      Substitution substitution,
      Consumer<JsonNode> setter) {
    if (!node.isString() || !node.asString().contains("${")) {
      fill(node, path, env, substitution);
      return;
    }
    try {
      var filled = substitution.apply(node.asString());
      setter.accept(JSON.stringNode(filled.text()));
      references.put(path, setter);
      if (!filled.secrets().isEmpty()) {
        hiddenPaths.add(path);
        filled.secrets().stream()
            .filter(text -> text.length() >= SECRET_LENGTH)
            .forEach(hiddenTexts::add);
      }
    } catch (IllegalArgumentException e) {
      // Shows the reference, which is no secret.
      report(path, node, String.valueOf(e.getMessage()));
      broken.add(path);
      setter.accept(JSON.stringNode(Secrets.HIDDEN));
    }
  }

  ConfigSource source() {
    return source;
  }

  /** Returns the whole as JSON. */
  ObjectNode root() {
    return root;
  }

  /** Returns what is wrong so far, in the order of the file. */
  List<ConfigProblem> problems() {
    return problems.stream()
        .sorted(
            Comparator.comparingInt(ConfigProblem::line).thenComparingInt(ConfigProblem::column))
        .toList();
  }

  /** Throws when a problem was reported. */
  void check() {
    if (!problems.isEmpty()) {
      throw new ConfigException(problems());
    }
  }

  /**
   * Makes a number or boolean of a text that a reference was filled into.
   *
   * @return whether there is such a text and it reads as one
   */
  boolean retype(String path) {
    var setter = references.remove(path);
    var node = setter == null ? null : find(path);
    if (setter == null || node == null) {
      return false;
    }
    var text = node.asString();
    if (text.matches("-?[0-9]{1,9}")) {
      setter.accept(JSON.numberNode(Integer.parseInt(text)));
    } else if (text.equals("true") || text.equals("false")) {
      setter.accept(JSON.booleanNode(text.equals("true")));
    } else {
      return false;
    }
    return true;
  }

  private @Nullable JsonNode find(String path) {
    JsonNode node = root;
    for (var part : path.replace("[", ".[").split("\\.", -1)) {
      node =
          part.startsWith("[")
              ? node.path(Integer.parseInt(part.substring(1, part.length() - 1)))
              : node.path(part);
    }
    return node.isString() ? node : null;
  }

  /**
   * Reports a problem at a path; a path without a mark takes that of what holds it. A value that
   * could not be filled in has been reported, and what follows from that is no news.
   */
  void report(String path, @Nullable JsonNode value, String message) {
    if (broken.contains(path)) {
      return;
    }
    var mark = Mark.of(source.marks(), path);
    problems.add(
        new ConfigProblem(
            source.file(),
            mark.line(),
            mark.column(),
            path,
            value == null || value.isMissingNode() ? "" : shown(path, value),
            hidden(message)));
  }

  private String shown(String path, JsonNode value) {
    boolean secret =
        hiddenPaths.contains(path)
            || hiddenPaths.stream()
                .anyMatch(
                    hidden ->
                        path.isEmpty()
                            || hidden.startsWith(path + ".")
                            || hidden.startsWith(path + "["));
    return secret ? Secrets.HIDDEN : shortened(hidden(value.toString()));
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN ? text : text.substring(0, SHOWN - 3) + "...";
  }

  /** Returns a text without the values of variables and files. */
  String hidden(String text) {
    var shown = text;
    for (var secret : hiddenTexts) {
      shown = shown.replace(secret, Secrets.HIDDEN);
    }
    return shown;
  }
}
