package dev.sluice.ai;

import java.util.List;

/**
 * Is a request as a provider is asked it.
 *
 * @param protocol the operation at the provider
 * @param path where it goes, below the provider's base URL, which ends with the API's version
 * @param body the body; empty for a request that has none
 * @param stream whether the provider is asked for a stream
 * @param usageAdded whether the provider is asked for a usage that the client did not ask for
 * @param leftOut hints of the client that the provider's format has no word for ({@code
 *     cache_control}); what would change the answer is never left out
 */
public record ProviderRequest(
    AiProtocol protocol,
    String path,
    byte[] body,
    boolean stream,
    boolean usageAdded,
    List<String> leftOut) {
  /** Returns the same request with another body. */
  public ProviderRequest withBody(byte[] other) {
    return new ProviderRequest(protocol, path, other, stream, usageAdded, leftOut);
  }
}
