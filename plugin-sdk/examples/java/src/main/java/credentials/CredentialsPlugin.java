package credentials;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.Plugin;
import dev.sluice.plugin.PluginFactory;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.host.Metrics;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.sdk.Config;
import dev.sluice.sdk.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Refuses chat requests that carry a credential. */
public final class CredentialsPlugin implements PluginFactory {
  private static final List<String> DEFAULTS =
      List.of("AKIA[0-9A-Z]{16}", "ghp_[0-9A-Za-z]{36}", "-----BEGIN [A-Z ]*PRIVATE KEY-----");

  @Override
  public Plugin create(RootContext context) {
    var config = Config.of(context);
    var header = config.string("header", "x-checked");
    var expressions = config.has("patterns") ? config.strings("patterns") : DEFAULTS;
    var patterns =
        expressions.stream()
            .map(text -> new Patterns.Pattern(Patterns.Kind.EXPRESSION, text, false, false))
            .toList();
    var set = context.services().patterns().compile(patterns);
    var metrics = context.services().metrics();
    int refused = metrics.define(Metrics.Type.COUNTER, "refused");
    return stream -> new Filter(stream, header, set, () -> metrics.increment(refused, 1));
  }

  private record Filter(
      StreamContext stream, String header, Patterns.PatternSet set, Runnable refused)
      implements HttpFilter {
    @Override
    public FilterStatus onRequestHeaders(Headers headers, boolean endOfStream) {
      return endOfStream ? FilterStatus.CONTINUE : FilterStatus.STOP_ITERATION;
    }

    @Override
    public FilterStatus onRequestBody(Body body, boolean endOfStream) {
      if (!endOfStream) {
        return FilterStatus.STOP_ITERATION_AND_BUFFER;
      }
      List<String> texts;
      try {
        texts = texts(body.toByteArray());
      } catch (IllegalArgumentException e) {
        return refuse(400, "not_chat", "the body is not a chat request");
      }
      if (set.matches(String.join("\n", texts).getBytes(StandardCharsets.UTF_8))) {
        refused.run();
        return refuse(403, "credential", "the prompt carries a credential");
      }
      stream.requestHeaders().set(header, Integer.toString(texts.size()));
      return FilterStatus.CONTINUE;
    }

    private FilterStatus refuse(int status, String code, String why) {
      var body = Json.write(Map.of("error", why)).getBytes(StandardCharsets.UTF_8);
      var headers = Headers.of("content-type", "application/json");
      stream.sendLocalResponse(new LocalResponse(status, code, headers, body, -1));
      return FilterStatus.STOP_ITERATION_AND_BUFFER;
    }
  }

  /**
   * Returns the texts of a chat request: contents, and the text parts of contents that are lists.
   */
  private static List<String> texts(byte[] body) {
    if (!(Json.parse(body) instanceof Map<?, ?> chat)
        || !(chat.get("messages") instanceof List<?> messages)) {
      throw new IllegalArgumentException("no messages");
    }
    var texts = new ArrayList<String>();
    for (var message : messages) {
      switch (message instanceof Map<?, ?> fields ? fields.get("content") : null) {
        case String text -> texts.add(text);
        case List<?> parts ->
            parts.forEach(
                part -> {
                  if (part instanceof Map<?, ?> fields
                      && fields.get("text") instanceof String text) {
                    texts.add(text);
                  }
                });
        case null, default -> {}
      }
    }
    return texts;
  }
}
