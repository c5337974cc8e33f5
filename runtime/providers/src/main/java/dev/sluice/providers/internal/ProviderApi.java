package dev.sluice.providers.internal;

import dev.sluice.ai.AiFormat;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.ModelRouter.BodyDecoder;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;
import dev.sluice.providers.ModelTarget;
import org.jspecify.annotations.Nullable;

/** Is how a provider wants to be asked. Thread-safe. */
interface ProviderApi {
  /** Returns the wire format of a target. */
  AiFormat format(ModelTarget target);

  /** Returns whether a target has an operation. */
  default boolean supports(ModelTarget target, AiProtocol operation) {
    return true;
  }

  /** Returns the request as it is sent. */
  default ProviderRequest framed(Asked asked, ProviderRequest request) {
    return request;
  }

  /**
   * Completes the headers of a request: {@code :path}, the key, the provider's own fields.
   *
   * @param request what {@link #framed} returned
   */
  void complete(Asked asked, ProviderRequest request, Headers headers);

  /** Returns what reads the provider's framing, or null when it has none of its own. */
  default @Nullable BodyDecoder decoder(ModelTarget target) {
    return null;
  }

  /**
   * Is what is asked.
   *
   * @param model the provider's name of the model
   * @param sameFormat whether the client speaks the provider's format, so that the client's fields
   *     of that format mean something
   * @param client the headers of the client's request
   * @param key the number of the key, or -1 for none
   */
  record Asked(ModelTarget target, String model, boolean sameFormat, Headers client, int key) {}
}
