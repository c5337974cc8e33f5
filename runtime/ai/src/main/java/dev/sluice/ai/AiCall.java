package dev.sluice.ai;

import dev.sluice.ai.internal.RequestBody;
import dev.sluice.ai.internal.Translation;
import dev.sluice.plugin.ai.AiRequest;
import dev.sluice.plugin.ai.Role;
import dev.sluice.plugin.ai.TextSegment;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Is an LLM request that was read, with what plugins changed in it. Loop-bound. */
public final class AiCall implements AiRequest {
  private final AiEndpoint endpoint;
  private final RequestBody body;
  private @Nullable String consumer;

  AiCall(AiEndpoint endpoint, RequestBody body) {
    this.endpoint = endpoint;
    this.body = body;
    body.finish();
  }

  /** Returns the endpoint that the client asked. */
  public AiEndpoint endpoint() {
    return endpoint;
  }

  /** Returns what a guard cannot see of the request. */
  public List<Concern> concerns() {
    return body.concerns();
  }

  /** Returns whether anything was changed since the client sent it. */
  public boolean edited() {
    return body.edited();
  }

  /** Returns the body with the changes; the client's bytes when there are none. */
  public byte[] body() {
    return body.toByteArray();
  }

  /** Returns whether the client asked for the usage in a stream of OpenAI's. */
  public boolean wantsUsage() {
    return body.includesUsage();
  }

  /** Names the consumer that plugins see. */
  public void identify(@Nullable String name) {
    consumer = name;
  }

  /**
   * Returns the operation that answers this call at a provider of a format: the client's own where
   * it speaks the same format.
   *
   * @throws AiFormatException of kind UNSUPPORTED when that format has no such operation
   */
  public AiProtocol protocolAt(AiFormat provider) {
    return Translation.target(endpoint.protocol(), provider);
  }

  /**
   * Returns the request for a provider: the client's bytes with the changes where the provider
   * speaks the client's protocol, a translation where it does not.
   *
   * @param target the provider's operation, such as {@link #protocolAt} says
   * @param model the provider's name of the model
   * @param askUsage whether a stream of OpenAI's is asked for its usage
   * @throws AiFormatException of kind UNSUPPORTED, naming what the provider's format cannot say
   */
  public ProviderRequest forProvider(AiProtocol target, String model, boolean askUsage) {
    return Translation.request(endpoint, body, target, model, askUsage);
  }

  /**
   * Returns the request for a provider that knows how to be asked for the usage of a stream.
   *
   * @see #forProvider(AiProtocol, String, boolean)
   */
  public ProviderRequest forProvider(AiProtocol target, String model) {
    return forProvider(target, model, true);
  }

  @Override
  public String protocol() {
    return endpoint.protocol().id();
  }

  @Override
  public String model() {
    return body.model();
  }

  @Override
  public boolean stream() {
    return endpoint.stream() || body.stream();
  }

  @Override
  public List<TextSegment> segments() {
    return body.segments();
  }

  @Override
  public List<String> tools() {
    return body.tools();
  }

  @Override
  public Map<String, String> parameters() {
    return body.parameters();
  }

  @Override
  public long estimatedPromptTokens() {
    return body.estimatedTokens();
  }

  @Override
  public OptionalLong maxOutputTokens() {
    return body.maxOutputTokens();
  }

  @Override
  public @Nullable String consumer() {
    return consumer;
  }

  @Override
  public void replace(TextSegment segment, String text) {
    body.replace(segment, text);
  }

  @Override
  public void appendMessage(Role role, String text) {
    body.append(role, text);
  }

  @Override
  public void setModel(String model) {
    body.setModel(model);
  }
}
