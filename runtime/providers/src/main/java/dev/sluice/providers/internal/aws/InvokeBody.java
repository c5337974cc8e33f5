package dev.sluice.providers.internal.aws;

import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiFormatException.Kind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.io.JsonStringEncoder;
import tools.jackson.core.json.JsonFactory;

/**
 * Makes of a request of Anthropic's API the body of {@code InvokeModel}: the model and whether to
 * stream stand in the path, the API's version in the body. Everything else keeps its bytes.
 */
public final class InvokeBody {
  /** What the core has let pass, it has bounded itself. */
  static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private static final Set<String> MOVED = Set.of("model", "stream");
  private static final String VERSION = "\"anthropic_version\":\"bedrock-2023-05-31\"";

  private InvokeBody() {}

  /**
   * Returns the body.
   *
   * @param betas the features of the client's {@code anthropic-beta}, which stand in the body here
   * @throws AiFormatException when the request is no JSON object
   */
  public static byte[] of(byte[] request, List<String> betas) {
    var out = new ByteArrayOutputStream(request.length + 64);
    var added = new StringBuilder();
    boolean versioned = false;
    try (var json = JSON.createParser(ObjectReadContext.empty(), request)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new AiFormatException(Kind.MALFORMED, "the request is no JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        var name = json.currentName();
        int from = (int) json.currentTokenLocation().getByteOffset();
        json.nextToken();
        json.skipChildren();
        json.finishToken();
        int to = (int) json.currentLocation().getByteOffset();
        if (!MOVED.contains(name)) {
          versioned |= name.equals("anthropic_version");
          out.write(out.size() == 0 ? '{' : ',');
          out.write(request, from, to - from);
        }
      }
    } catch (JacksonException e) {
      throw new AiFormatException(
          Kind.MALFORMED, "the request is no JSON: " + e.getOriginalMessage());
    }
    if (!versioned) {
      added.append(out.size() == 0 ? '{' : ',').append(VERSION);
    }
    if (!betas.isEmpty()) {
      added.append(",\"anthropic_beta\":[");
      for (int i = 0; i < betas.size(); i++) {
        added.append(i == 0 ? "\"" : ",\"");
        added.append(JsonStringEncoder.getInstance().quoteAsCharArray(betas.get(i))).append('"');
      }
      added.append(']');
    }
    out.writeBytes(added.append('}').toString().getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }
}
