package dev.sluice.text.internal.embed;

import java.util.Arrays;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Writes and reads OpenAI's {@code POST /v1/embeddings}. */
final class EmbeddingsJson {
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final int MAX_MESSAGE = 200;

  /** Says what is wrong with an answer. */
  static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unreadable(String message) {
      super(message, null, false, false);
    }
  }

  private EmbeddingsJson() {}

  /**
   * Writes a request.
   *
   * @param dimensions 0 to take the model's own
   */
  static byte[] request(String model, List<String> texts, int dimensions) {
    var body = JSON.createObjectNode().put("model", model).put("encoding_format", "float");
    var input = body.putArray("input");
    texts.forEach(input::add);
    if (dimensions > 0) {
      body.put("dimensions", dimensions);
    }
    return JSON.writeValueAsBytes(body);
  }

  /**
   * Reads vectors, in the order of the texts and of unit length.
   *
   * @throws Unreadable when there is not one for each text
   */
  static List<float[]> vectors(byte[] body, int texts) {
    try {
      var data = JSON.readTree(body).path("data");
      var vectors = new float[texts][];
      int found = 0;
      for (var item : data) {
        int index = item.path("index").asInt(found);
        if (index < 0 || index >= texts || vectors[index] != null) {
          throw new Unreadable(
              "answered index " + index + " (expected: each of 0.." + (texts - 1) + ")");
        }
        vectors[index] = UnitVectors.normalize(vector(item.path("embedding")));
        found++;
      }
      if (found != texts) {
        throw new Unreadable("answered " + found + " vectors (expected: " + texts + ")");
      }
      if (Arrays.stream(vectors).mapToInt(v -> v.length).distinct().count() != 1) {
        throw new Unreadable("answered vectors of different lengths");
      }
      return List.of(vectors);
    } catch (JacksonException e) {
      throw new Unreadable("answered no JSON");
    }
  }

  private static float[] vector(JsonNode numbers) {
    if (!numbers.isArray() || numbers.isEmpty()) {
      throw new Unreadable("answered an embedding that is no list of numbers");
    }
    var vector = new float[numbers.size()];
    for (int i = 0; i < vector.length; i++) {
      var number = numbers.get(i);
      if (!number.isNumber()) {
        throw new Unreadable("answered an embedding that is no list of numbers");
      }
      vector[i] = number.floatValue();
    }
    return vector;
  }

  /** Returns the message of an error with a colon before it; empty when there is none. */
  static String error(byte[] body) {
    try {
      var message = JSON.readTree(body).path("error").path("message").asString("");
      return message.isEmpty()
          ? ""
          : ": " + message.substring(0, Math.min(message.length(), MAX_MESSAGE));
    } catch (JacksonException e) {
      return "";
    }
  }
}
