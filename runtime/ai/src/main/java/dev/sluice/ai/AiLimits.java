package dev.sluice.ai;

/**
 * Bounds what one LLM message may make the gateway hold.
 *
 * @param bytes the bytes of a request, of a response that is not streamed, or of one event
 * @param values the JSON values of one message
 * @param depth how deep its objects and arrays may nest
 * @param tools the tools that a request may offer
 */
public record AiLimits(int bytes, int values, int depth, int tools) {
  /** 10 MiB, a million values, 1,000 levels, 10,000 tools. */
  public static final AiLimits DEFAULT = new AiLimits(10 << 20, 1_000_000, 1_000, 10_000);

  /**
   * @throws IllegalArgumentException when a limit is not positive
   */
  public AiLimits {
    if (bytes < 1 || values < 1 || depth < 1 || tools < 1) {
      throw new IllegalArgumentException(
          "limits: "
              + String.join(", ", "" + bytes, "" + values, "" + depth, "" + tools)
              + " (expected: each 1 or more)");
    }
  }
}
