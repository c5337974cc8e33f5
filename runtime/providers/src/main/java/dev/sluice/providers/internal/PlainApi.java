package dev.sluice.providers.internal;

import dev.sluice.ai.AiFormat;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import dev.sluice.providers.ModelTarget;
import dev.sluice.providers.ProviderSpec;
import java.util.List;

/** Is an API whose paths stand below the base URL: OpenAI's, Anthropic's, Gemini's. */
final class PlainApi implements ProviderApi {
  private static final String ANTHROPIC_VERSION = "2023-06-01";

  private final AiFormat format;
  private final String basePath;
  private final Credentials credentials;
  private final String version;

  /** Fields of the client's that are part of the format. */
  private final List<String> passed;

  private PlainApi(ProviderSpec spec, AiFormat format, String keyField, List<String> passed) {
    this.format = format;
    this.passed = passed;
    basePath = spec.basePath();
    credentials = new Credentials(spec, keyField);
    version = spec.apiVersion().isEmpty() ? ANTHROPIC_VERSION : spec.apiVersion();
  }

  static PlainApi openAi(ProviderSpec spec) {
    return new PlainApi(spec, AiFormat.OPENAI, "authorization", List.of("openai-beta"));
  }

  static PlainApi anthropic(ProviderSpec spec) {
    return new PlainApi(
        spec, AiFormat.ANTHROPIC, "x-api-key", List.of("anthropic-version", "anthropic-beta"));
  }

  static PlainApi gemini(ProviderSpec spec) {
    return new PlainApi(spec, AiFormat.GEMINI, "x-goog-api-key", List.of());
  }

  @Override
  public AiFormat format(ModelTarget target) {
    return format;
  }

  @Override
  public void complete(Asked asked, ProviderRequest request, Headers headers) {
    headers.set(":path", basePath + request.path());
    if (asked.sameFormat()) {
      for (var name : passed) {
        headers.remove(name);
        for (var value : asked.client().getAll(name)) {
          headers.add(name, value);
        }
      }
    }
    if (format == AiFormat.ANTHROPIC && !headers.contains("anthropic-version")) {
      headers.add("anthropic-version", version);
    }
    credentials.addTo(headers, asked.key());
  }
}
