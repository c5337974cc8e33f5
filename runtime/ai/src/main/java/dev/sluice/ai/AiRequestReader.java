package dev.sluice.ai;

import dev.sluice.ai.internal.RequestBody;
import dev.sluice.plugin.Headers;

/**
 * Reads an LLM request as its bytes arrive. Loop-bound.
 *
 * <p>Every method throws {@link AiFormatException} when the bytes are no message of the format or
 * pass a limit.
 */
public final class AiRequestReader {
  private final AiEndpoint endpoint;
  private final RequestBody body;

  /**
   * @param headers the request headers, for the size and the encoding of the body
   */
  public AiRequestReader(AiEndpoint endpoint, Headers headers, AiLimits limits) {
    this.endpoint = endpoint;
    this.body = new RequestBody(endpoint, headers, limits);
  }

  /** Takes the next bytes of the body; they are copied. */
  public void feed(byte[] bytes, int offset, int length) {
    body.feed(bytes, offset, length);
  }

  /** Ends the body. */
  public AiCall finish() {
    return new AiCall(endpoint, body);
  }
}
