package dev.sluice.standin.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Makes answers: a fixed text, an echo, or calls of the tools on offer. Thread-safe. */
final class Composer {
  private static final int ARGUMENT_PART = 7;
  private static final String THOUGHT = "They ask, and I answer. ";

  private final String[] text;
  private final AtomicLong ids = new AtomicLong();

  Composer(String text) {
    this.text = words(text);
  }

  Answer compose(Ask ask, Wishes wishes) {
    long number = ids.incrementAndGet();
    var pieces = new ArrayList<Answer.Piece>();
    if (ask.thinking || wishes.has("think")) {
      for (String word : repeated(words(THOUGHT), wishes.number("think", 5))) {
        pieces.add(new Answer.Thought(word));
      }
    }
    List<Ask.Tool> calls = calls(ask, wishes);
    String finish = calls.isEmpty() ? "stop" : "tool_calls";
    if (calls.isEmpty() || wishes.has("preface")) {
      say(calls.isEmpty() ? said(ask, wishes) : words("Let me look. "), ask.choices, pieces);
    }
    for (int i = 0; i < calls.size(); i++) {
      call(calls.get(i), i, "standin_%d_%d".formatted(number, i), pieces);
    }
    List<Answer.Piece> sent = pieces;
    if (pieces.size() > ask.maxTokens) {
      sent = cut(pieces, (int) ask.maxTokens);
      finish = "length";
    }
    return new Answer(
        "standin-" + number,
        1_700_000_000,
        ask.model,
        List.copyOf(sent),
        wishes.word("finish", finish),
        ask.promptTokens,
        Math.min(wishes.number("cached", 0), ask.promptTokens),
        !wishes.word("usage", "").equals("none"));
  }

  /** A call whose arguments are incomplete is not made. */
  private static List<Answer.Piece> cut(List<Answer.Piece> pieces, int length) {
    int end = length;
    while (end > 0 && pieces.get(end - 1) instanceof Answer.CallPart part && part.whole() == null) {
      end--;
    }
    return pieces.subList(0, end);
  }

  private String[] said(Ask ask, Wishes wishes) {
    String[] words = text;
    if (wishes.has("echo")) {
      words = words(ask.lastText.isEmpty() ? "…" : ask.lastText);
    } else if (!ask.toolOutputs.isEmpty()) {
      words = words("The tools say: " + String.join(" and ", ask.toolOutputs));
    }
    return wishes.has("words")
        ? repeated(words, wishes.number("words", 1)).toArray(new String[0])
        : words;
  }

  private static List<String> repeated(String[] words, int count) {
    var all = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      String word = words[i % words.length];
      all.add(word.endsWith(" ") || i == count - 1 ? word : word + " ");
    }
    return all;
  }

  private static String[] words(String text) {
    return text.split("(?<= )", -1);
  }

  private static void say(String[] words, int choices, List<Answer.Piece> pieces) {
    for (String word : words) {
      for (int choice = 0; choice < choices; choice++) {
        pieces.add(new Answer.Word(choice, word));
      }
    }
  }

  private static void call(Ask.Tool tool, int index, String id, List<Answer.Piece> pieces) {
    String whole = String.valueOf(arguments(tool.schema()));
    int from = 0;
    do {
      int to = whole.offsetByCodePoints(from, parts(whole, from));
      pieces.add(
          new Answer.CallPart(
              index,
              id,
              from == 0 ? tool.name() : null,
              whole.substring(from, to),
              to == whole.length() ? whole : null));
      from = to;
    } while (from < whole.length());
  }

  private static int parts(String whole, int from) {
    return Math.min(ARGUMENT_PART, whole.codePointCount(from, whole.length()));
  }

  /** Calls what the last text names, all of it unless one at a time is wanted; else the first. */
  private static List<Ask.Tool> calls(Ask ask, Wishes wishes) {
    boolean answered = !ask.toolOutputs.isEmpty() && !wishes.has("call");
    if (ask.tools.isEmpty() || ask.toolChoice.equals("none") || answered) {
      return List.of();
    }
    var named = new ArrayList<Ask.Tool>();
    for (Ask.Tool tool : ask.tools) {
      boolean chosen =
          switch (ask.toolChoice) {
            case "auto", "any" ->
                wishes.has("call")
                    ? wishes.word("call", "").equals(tool.name())
                    : ask.lastText.contains(tool.name());
            default -> ask.toolChoice.equals(tool.name());
          };
      if (chosen) {
        named.add(tool);
      }
    }
    if (named.isEmpty() && ask.toolChoice.equals("any")) {
      named.add(ask.tools.getFirst());
    }
    return ask.parallel || named.size() < 2 ? named : named.subList(0, 1);
  }

  /** Returns arguments that the schema admits. */
  private static @Nullable JsonNode arguments(JsonNode schema) {
    ObjectNode object = JsonMapper.shared().createObjectNode();
    schema
        .path("properties")
        .properties()
        .forEach(property -> object.set(property.getKey(), value(property.getValue(), 0)));
    return object;
  }

  private static JsonNode value(JsonNode schema, int depth) {
    var nodes = JsonMapper.shared().getNodeFactory();
    if (schema.path("enum").isArray() && !schema.path("enum").isEmpty()) {
      return schema.path("enum").get(0);
    }
    if (schema.has("anyOf") && depth < 8) {
      return value(schema.path("anyOf").path(0), depth + 1);
    }
    JsonNode type =
        schema.path("type").isArray() ? schema.path("type").path(0) : schema.path("type");
    return switch (type.asString("string").toLowerCase(java.util.Locale.ROOT)) {
      case "integer" -> nodes.numberNode(7);
      case "number" -> nodes.numberNode(2.5);
      case "boolean" -> nodes.booleanNode(true);
      case "array" -> {
        var array = nodes.arrayNode();
        if (depth < 8 && schema.has("items")) {
          array.add(value(schema.path("items"), depth + 1));
        }
        yield array;
      }
      case "object" -> {
        var object = nodes.objectNode();
        if (depth < 8) {
          schema
              .path("properties")
              .properties()
              .forEach(entry -> object.set(entry.getKey(), value(entry.getValue(), depth + 1)));
        }
        yield object;
      }
      default -> nodes.stringNode("Zürich \"1\"");
    };
  }
}
