package dev.sluice.control.internal;

import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigProblem;
import dev.sluice.control.internal.ConfigSource.Mark;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
 * files that are made to be large: characters, depth, and nodes after aliases were followed.
 */
final class YamlReader {
  static final int MAX_CHARACTERS = 16 << 20;
  private static final int MAX_NODES = 1_000_000;
  private static final int MAX_DEPTH = 64;
  private static final JsonNodeFactory JSON = JsonMapper.shared().getNodeFactory();

  private final String file;
  private final Map<String, Mark> marks = new HashMap<>();
  private final List<ConfigProblem> problems = new ArrayList<>();
  private int nodes;

  private YamlReader(String file) {
    this.file = file;
  }

  /**
   * Reads a file's text.
   *
   * @throws ConfigException when it is no YAML mapping
   */
  static ConfigSource read(String text, String file) {
    return new YamlReader(file).read(text);
  }

  private ConfigSource read(String text) {
    if (text.length() > MAX_CHARACTERS) {
      throw failed(
          Mark.NONE, text.length() + " characters (expected: at most " + MAX_CHARACTERS + ")");
    }
    try {
      var root = root(text);
      marks.put("", mark(root));
      return new ConfigSource(file, object(root, "", 0), marks, problems);
    } catch (MarkedYamlEngineException e) {
      throw failed(mark(e.getProblemMark()), "not YAML: " + e.getProblem());
    } catch (YamlEngineException e) {
      throw failed(new Mark(1, 1), "not YAML: " + e.getMessage());
    } catch (StackOverflowError e) {
      // The parser calls itself for each level.
      throw failed(new Mark(1, 1), "too deep (expected: at most " + MAX_DEPTH + " levels)");
    }
  }

  private MappingNode root(String text) {
    var settings =
        LoadSettings.builder()
            .setLabel(file)
            .setCodePointLimit(MAX_CHARACTERS)
            // Both are refused here, with a better message.
            .setMaxAliasesForCollections(Integer.MAX_VALUE)
            .setAllowNonScalarKeys(true)
            .setSchema(new CoreSchema())
            .build();
    var documents = new Compose(settings).composeAllFromString(text).iterator();
    if (!documents.hasNext()) {
      throw failed(new Mark(1, 1), "the file is empty (expected: a mapping of fields)");
    }
    var first = documents.next();
    if (documents.hasNext()) {
      throw failed(mark(documents.next()), "a second document (expected: one)");
    }
    return switch (first) {
      case MappingNode mapping -> mapping;
      case SequenceNode list -> throw failed(mark(list), "a list (expected: a mapping of fields)");
      default -> throw failed(mark(first), "a single value (expected: a mapping of fields)");
    };
  }

  private static Mark mark(Node node) {
    return mark(node.getStartMark());
  }

  private static Mark mark(Optional<org.snakeyaml.engine.v2.exceptions.Mark> mark) {
    return mark.map(m -> new Mark(m.getLine() + 1, m.getColumn() + 1)).orElse(new Mark(1, 1));
  }

  private ConfigException failed(Mark mark, String message) {
    return new ConfigException(
        List.of(new ConfigProblem(file, mark.line(), mark.column(), "", "", message)));
  }

  private JsonNode node(Node node, String path, int depth) {
    marks.putIfAbsent(path, mark(node));
    if (depth > MAX_DEPTH) {
      throw failed(mark(node), "too deep (expected: at most " + MAX_DEPTH + " levels)");
    }
    if (++nodes > MAX_NODES) {
      throw failed(
          mark(node),
          "too many values, counting what aliases repeat (expected: at most " + MAX_NODES + ")");
    }
    return switch (node) {
      case MappingNode mapping -> object(mapping, path, depth);
      case SequenceNode sequence -> {
        var array = JSON.arrayNode();
        int index = 0;
        for (var item : sequence.getValue()) {
          array.add(node(item, path + "[" + index + "]", depth + 1));
          index++;
        }
        yield array;
      }
      case ScalarNode scalar -> scalar(scalar);
      default -> throw failed(mark(node), "an alias that cannot be followed");
    };
  }

  private ObjectNode object(MappingNode mapping, String path, int depth) {
    var object = JSON.objectNode();
    for (var tuple : mapping.getValue()) {
      var mark = mark(tuple.getKeyNode());
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw failed(mark, "a key that is no word");
      }
      var name = key.getValue();
      var inner = path.isEmpty() ? name : path + "." + name;
      if (object.has(name)) {
        problems.add(
            new ConfigProblem(
                file,
                mark.line(),
                mark.column(),
                inner,
                "",
                "stands here a second time (expected: once)"));
      }
      object.set(name, node(tuple.getValueNode(), inner, depth + 1));
      marks.put(inner, mark);
    }
    return object;
  }

  private static JsonNode scalar(ScalarNode scalar) {
    var text = scalar.getValue();
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
      return JSON.booleanNode(Boolean.parseBoolean(text.toLowerCase(Locale.ROOT)));
    }
    return tag.equals(Tag.NULL) ? JSON.nullNode() : JSON.stringNode(text);
  }

  private static JsonNode integer(String text) {
    try {
      long value =
          text.startsWith("0x")
              ? Long.parseLong(text.substring(2), 16)
              : text.startsWith("0o") ? Long.parseLong(text.substring(2), 8) : Long.parseLong(text);
      return value == (int) value ? JSON.numberNode((int) value) : JSON.numberNode(value);
    } catch (NumberFormatException e) {
      return JSON.stringNode(text);
    }
  }
}
