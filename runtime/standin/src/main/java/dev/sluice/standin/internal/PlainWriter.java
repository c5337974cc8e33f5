package dev.sluice.standin.internal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes what is never streamed: embeddings, moderations, counts and lists of models. */
final class PlainWriter extends AnswerWriter {
  private static final int DIMENSIONS = 8;
  private static final List<String> MODELS = List.of("stand-in-large", "stand-in-small");
  private static final String CREATED = "2026-01-01T00:00:00Z";

  PlainWriter(Ask ask, Answer answer) {
    super(ask, answer);
  }

  @Override
  void open(List<String> frames) {}

  @Override
  void piece(Answer.Piece piece, List<String> frames) {}

  @Override
  void close(List<String> frames) {}

  @Override
  ObjectNode whole() {
    return switch (ask.operation) {
      case MODERATIONS -> moderations();
      case COUNT_TOKENS -> object().put("input_tokens", answer.input());
      case GEMINI_COUNT -> object().put("totalTokens", answer.input());
      case OPENAI_MODELS -> openAiModels();
      case ANTHROPIC_MODELS -> anthropicModels();
      case GEMINI_MODELS -> geminiModels();
      default -> throw new IllegalStateException(ask.operation.id);
    };
  }

  /** Writes vectors that depend on the request's own words. */
  static ObjectNode embeddings(JsonNode request, Answer answer) {
    ObjectNode whole = object().put("object", "list");
    ArrayNode data = whole.putArray("data");
    JsonNode input = request.path("input");
    boolean many = input.isArray() && !input.path(0).isIntegralNumber();
    int dimensions = request.path("dimensions").asInt(DIMENSIONS);
    boolean base64 = request.path("encoding_format").asString("float").equals("base64");
    for (int i = 0; i < (many ? input.size() : 1); i++) {
      ObjectNode one = data.addObject().put("object", "embedding").put("index", i);
      float[] vector = vector(String.valueOf(many ? input.get(i) : input), dimensions);
      if (base64) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * dimensions).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        one.put("embedding", Base64.getEncoder().encodeToString(bytes.array()));
      } else {
        ArrayNode numbers = one.putArray("embedding");
        for (float number : vector) {
          numbers.add(number);
        }
      }
    }
    whole.put("model", answer.model());
    whole
        .putObject("usage")
        .put("prompt_tokens", answer.input())
        .put("total_tokens", answer.input());
    return whole;
  }

  private static float[] vector(String text, int dimensions) {
    var random = new java.util.Random(text.hashCode());
    var vector = new float[dimensions];
    double square = 0;
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) random.nextGaussian();
      square += vector[i] * vector[i];
    }
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) (vector[i] / Math.sqrt(square));
    }
    return vector;
  }

  private ObjectNode moderations() {
    String model = answer.model().isEmpty() ? "stand-in-moderation" : answer.model();
    ObjectNode whole = object().put("id", "modr-" + answer.id()).put("model", model);
    ArrayNode results = whole.putArray("results");
    for (int i = 0; i < ask.choices; i++) {
      ObjectNode result = results.addObject();
      boolean flagged = ask.lastText.contains("violence");
      result.put("flagged", flagged);
      result.putObject("categories").put("violence", flagged).put("harassment", false);
      result.putObject("category_scores").put("violence", flagged ? 0.9 : 0.1).put("harassment", 0);
    }
    return whole;
  }

  private ObjectNode openAiModels() {
    if (!ask.model.isEmpty()) {
      return model(object(), ask.model);
    }
    ObjectNode list = object().put("object", "list");
    ArrayNode data = list.putArray("data");
    MODELS.forEach(name -> model(data.addObject(), name));
    return list;
  }

  private static ObjectNode model(ObjectNode node, String name) {
    return node.put("id", name).put("object", "model").put("created", 0).put("owned_by", "standin");
  }

  private ObjectNode anthropicModels() {
    if (!ask.model.isEmpty()) {
      return anthropicModel(object(), ask.model);
    }
    ObjectNode list = object();
    ArrayNode data = list.putArray("data");
    MODELS.forEach(name -> anthropicModel(data.addObject(), name));
    return list.put("has_more", false)
        .put("first_id", MODELS.getFirst())
        .put("last_id", MODELS.getLast());
  }

  private static ObjectNode anthropicModel(ObjectNode node, String name) {
    return node.put("type", "model")
        .put("id", name)
        .put("display_name", name)
        .put("created_at", CREATED);
  }

  private ObjectNode geminiModels() {
    if (!ask.model.isEmpty()) {
      return geminiModel(object(), ask.model);
    }
    ObjectNode list = object();
    ArrayNode data = list.putArray("models");
    MODELS.forEach(name -> geminiModel(data.addObject(), name));
    return list;
  }

  private static ObjectNode geminiModel(ObjectNode node, String name) {
    node.put("name", "models/" + name).put("displayName", name).put("version", "1");
    node.put("inputTokenLimit", 1_000_000).put("outputTokenLimit", 65_536);
    node.putArray("supportedGenerationMethods").add("generateContent").add("countTokens");
    return node;
  }
}
