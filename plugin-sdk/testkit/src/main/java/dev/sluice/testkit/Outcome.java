package dev.sluice.testkit;

/**
 * Is how an exchange ended, as the access log would say it.
 *
 * @param status sent to the client, or 0
 * @param code a stable word for an answer that is not the upstream's, or an empty string
 * @param plugin the plugin that answered or failed, or an empty string
 * @param detail what went wrong inside, or an empty string
 * @param isError whether the gateway made an error of it
 */
public record Outcome(int status, String code, String plugin, String detail, boolean isError) {
  /** Says who gave the answer. */
  public enum Answerer {
    UPSTREAM,
    PLUGIN,
    GATEWAY
  }

  /** Returns who gave the answer. */
  public Answerer answerer() {
    if (isError) {
      return Answerer.GATEWAY;
    }
    return plugin.isEmpty() ? Answerer.UPSTREAM : Answerer.PLUGIN;
  }
}
