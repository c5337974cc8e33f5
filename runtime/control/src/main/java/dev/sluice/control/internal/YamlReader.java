package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigProblem;
import dev.sluice.control.internal.ConfigDocument.Mark;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads YAML 1.2 (and so JSON) into JSON nodes and keeps where everything stood. Bounded against
 * files that are made to be large: bytes, depth, and nodes after aliases were followed.
 */
final class YamlReader {
  static final int MAX_CHARACTERS = 16 << 20;
  private static final int MAX_NODES = 1_000_000;
  private static final int MAX_DEPTH = 64;
  private static final JsonNodeFactory JSON = JsonMapper.shared().getNodeFactory();

  private final String file;
  private final Substitution substitution;
  private final Map<String, Mark> marks = new HashMap<>();
  private final Set<String> secrets = new HashSet<>();
  private final List<ConfigProblem> problems = new ArrayList<>();
  private int nodes;

  private YamlReader(String file, Substitution substitution) {
    this.file = file;
    this.substitution = substitution;
  }

  /**
   * Reads a file's text.
   *
   * @throws ConfigException when it is no YAML mapping
   */
  static ConfigDocument read(String text, String file, Substitution substitution) {
    return new YamlReader(file, substitution).read(text);
  }

  private ConfigDocument read(String text) {
    var settings =
        LoadSettings.builder()
            .setLabel(file)
            .setCodePointLimit(MAX_CHARACTERS)
            .setMaxAliasesForCollections(50)
            .setSchema(new CoreSchema())
            .build();
    try {
      var documents = new ArrayList<Node>();
      new Compose(settings).composeAllFromString(text).forEach(documents::add);
      if (documents.size() != 1 || !(documents.getFirst() instanceof MappingNode mapping)) {
        throw failed(1, 1, documents.size() + " documents (expected: one mapping)");
      }
      var raw = object(mapping, "", 0, false);
      nodes = 0;
      var root = object(mapping, "", 0, true);
      return new ConfigDocument(file, root, raw, marks, secrets, problems);
    } catch (MarkedYamlEngineException e) {
      var mark = e.getProblemMark();
      throw failed(
          mark.map(m -> m.getLine() + 1).orElse(1),
          mark.map(m -> m.getColumn() + 1).orElse(1),
          "not YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      throw failed(1, 1, "not YAML: " + e.getMessage());
    }
  }

  private ConfigException failed(int line, int column, String message) {
    return new ConfigException(List.of(new ConfigProblem(file, line, column, "", "", message)));
  }

  private JsonNode node(Node node, String path, int depth, boolean substitute) {
    var start = node.getStartMark();
    int line = start.map(m -> m.getLine() + 1).orElse(0);
    int column = start.map(m -> m.getColumn() + 1).orElse(0);
    marks.putIfAbsent(path, new Mark(line, column));
    if (++nodes > MAX_NODES || depth > MAX_DEPTH) {
      throw failed(line, column, "the file is too large or too deep, counting what aliases repeat");
    }
    return switch (node) {
      case MappingNode mapping -> object(mapping, path, depth, substitute);
      case SequenceNode sequence -> {
        var array = JSON.arrayNode();
        int index = 0;
        for (var item : sequence.getValue()) {
          array.add(node(item, path + "[" + index + "]", depth + 1, substitute));
          index++;
        }
        yield array;
      }
      case ScalarNode scalar -> scalar(scalar, path, substitute);
      default -> throw failed(line, column, "an alias that cannot be followed");
    };
  }

  private ObjectNode object(MappingNode mapping, String path, int depth, boolean substitute) {
    var object = JSON.objectNode();
    for (var tuple : mapping.getValue()) {
      var start = tuple.getKeyNode().getStartMark();
      int line = start.map(m -> m.getLine() + 1).orElse(0);
      int column = start.map(m -> m.getColumn() + 1).orElse(0);
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw failed(line, column, "a key that is no word");
      }
      var name = key.getValue();
      var inner = path.isEmpty() ? name : path + "." + name;
      if (object.has(name) && substitute) {
        problems.add(
            new ConfigProblem(
                file, line, column, inner, "", "stands here a second time (expected: once)"));
      }
      object.set(name, node(tuple.getValueNode(), inner, depth + 1, substitute));
      marks.put(inner, new Mark(line, column));
    }
    return object;
  }

  private JsonNode scalar(ScalarNode scalar, String path, boolean substitute) {
    var text = scalar.getValue();
    if (substitute && text.contains("${")) {
      try {
        var value = substitution.apply(text);
        secrets.add(path);
        return JSON.stringNode(value);
      } catch (IllegalArgumentException e) {
        var mark = marks.getOrDefault(path, new Mark(1, 1));
        problems.add(
            new ConfigProblem(
                file, mark.line(), mark.column(), path, text, String.valueOf(e.getMessage())));
        return JSON.stringNode("");
      }
    }
    var tag = scalar.getTag();
    if (tag.equals(Tag.INT)) {
      return integer(text);
    }
    if (tag.equals(Tag.FLOAT)) {
      try {
        return JSON.numberNode(Double.parseDouble(text));
      } catch (NumberFormatException e) {
        return JSON.stringNode(text);
      }
    }
    if (tag.equals(Tag.BOOL)) {
      return JSON.booleanNode(Boolean.parseBoolean(text.toLowerCase(java.util.Locale.ROOT)));
    }
    return tag.equals(Tag.NULL) ? JSON.nullNode() : JSON.stringNode(text);
  }

  private static JsonNode integer(String text) {
    try {
      long value = Long.decode(text.startsWith("0o") ? "0" + text.substring(2) : text);
      return value == (int) value ? JSON.numberNode((int) value) : JSON.numberNode(value);
    } catch (NumberFormatException e) {
      return JSON.stringNode(text);
    }
  }
}
