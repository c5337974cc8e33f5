package dev.sluice.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Says how to connect to the endpoints of an upstream.
 *
 * @param upstream its name
 * @param protocol what to speak
 * @param tls null for cleartext
 * @param connectTimeout for TCP and TLS together
 * @param idleTimeout after which an unused connection closes
 * @param maxStreams concurrent streams on one HTTP/2 connection (the peer may allow fewer)
 */
public record PoolConfig(
    String upstream,
    ProtocolChoice protocol,
    @Nullable ClientTls tls,
    Duration connectTimeout,
    Duration idleTimeout,
    int maxStreams) {
  /** Says which protocol to speak to an upstream. */
  public enum ProtocolChoice {
    /** HTTP/2 when TLS negotiates it by ALPN, else HTTP/1.1. */
    AUTO,
    HTTP_1_1,
    /** HTTP/2, by prior knowledge on cleartext. */
    HTTP_2
  }
}
