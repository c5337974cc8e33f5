package dev.sluice.usage;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * Says where traces and metrics go: by OTLP over HTTP with protobuf (OTLP 1.x, "OTLP/HTTP").
 *
 * @param endpoint the base url of a collector; {@code /v1/traces} and {@code /v1/metrics} are added
 * @param headers sent with each request
 * @param timeout of one request
 * @param traces whether spans are sent
 * @param sampling which share of the traces that begin here is sent, 0 to 1; of others their own
 *     flag decides
 * @param metrics whether metrics are sent
 * @param interval between two reports of metrics
 * @param resource attributes of this gateway, {@code service.name} among them
 */
public record OtlpSettings(
    URI endpoint,
    Map<String, String> headers,
    Duration timeout,
    boolean traces,
    double sampling,
    boolean metrics,
    Duration interval,
    Map<String, String> resource) {
  /** Copies the maps and checks the share. */
  public OtlpSettings {
    headers = Map.copyOf(headers);
    resource = Map.copyOf(resource);
    if (!(sampling >= 0 && sampling <= 1)) {
      throw new IllegalArgumentException("sampling: " + sampling + " (expected: 0..1)");
    }
  }

  /** Does not show what headers hold. */
  @Override
  public String toString() {
    return "OtlpSettings[" + endpoint + ", headers=" + headers.keySet() + "]";
  }
}
