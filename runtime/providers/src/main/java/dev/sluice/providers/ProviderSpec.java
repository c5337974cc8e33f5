package dev.sluice.providers;

import dev.sluice.ai.ModelRouter.Timeouts;
import dev.sluice.http.ClientTls;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.proxy.UpstreamSpec;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Describes a provider of models.
 *
 * @param name unique among providers
 * @param format what it speaks
 * @param baseUrl what stands before the paths of its API, with the version ({@code /v1}) where that
 *     is part of it
 * @param bearer whether keys go as {@code Authorization: Bearer} where the format has a header of
 *     its own
 * @param keys what it knows us by, at most 64; empty where it asks for nothing
 * @param headers sent with each call, by their lower-case names
 * @param apiVersion of Azure, empty for its API without versions; of Anthropic; else empty
 * @param region of Bedrock, else empty
 * @param streamUsage whether it knows {@code stream_options.include_usage}
 * @param link how it is connected to
 * @param timeouts of calls to it
 * @param keyPolicy how long keys stay out of use
 * @param health when a model of it is left out
 */
public record ProviderSpec(
    String name,
    ProviderFormat format,
    URI baseUrl,
    boolean bearer,
    List<ProviderKey> keys,
    Map<String, String> headers,
    String apiVersion,
    String region,
    boolean streamUsage,
    Link link,
    Timeouts timeouts,
    KeyPolicy keyPolicy,
    HealthPolicy health) {
  private static final String UPSTREAM = "provider:";

  /** How many keys a provider may have. */
  public static final int MAX_KEYS = 64;

  /**
   * Says how a provider is connected to.
   *
   * @param tls what differs from the usual for {@code https}, or null
   * @param protocol what to speak
   * @param maxRequests calls at once; 0 for any number
   * @param idleTimeout after which an unused connection closes
   * @param dnsRefresh how often its name is looked up
   */
  public record Link(
      @Nullable ClientTls tls,
      ProtocolChoice protocol,
      int maxRequests,
      Duration idleTimeout,
      Duration dnsRefresh) {
    /** What a provider has that says nothing. */
    public static final Link DEFAULT =
        new Link(null, ProtocolChoice.AUTO, 0, Duration.ofSeconds(60), Duration.ofSeconds(10));
  }

  /**
   * Copies the collections.
   *
   * @throws IllegalArgumentException when the URL is none of a provider or there are too many keys
   */
  public ProviderSpec {
    keys = List.copyOf(keys);
    headers = Map.copyOf(headers);
    var scheme = String.valueOf(baseUrl.getScheme());
    boolean http = scheme.equals("https") || scheme.equals("http");
    if (!http
        || baseUrl.getHost() == null
        || baseUrl.getRawQuery() != null
        || baseUrl.getRawFragment() != null
        || baseUrl.getRawUserInfo() != null) {
      throw new IllegalArgumentException(
          "baseUrl: "
              + baseUrl.getScheme()
              + "://… (expected: http or https, a host, and a path, such as"
              + " https://api.openai.com/v1)");
    }
    if (keys.size() > MAX_KEYS) {
      throw new IllegalArgumentException(
          "keys: " + keys.size() + " of them (expected: up to " + MAX_KEYS + ")");
    }
  }

  /**
   * Returns the same provider somewhere else.
   *
   * @throws IllegalArgumentException when the URL is none of a provider
   */
  public ProviderSpec at(URI url) {
    return new ProviderSpec(
        name,
        format,
        url,
        bearer,
        keys,
        headers,
        apiVersion,
        region,
        streamUsage,
        link,
        timeouts,
        keyPolicy,
        health);
  }

  /** Returns the name of the upstream that stands for it; no configured one can have it. */
  public String upstreamName() {
    return upstreamName(name);
  }

  /** Returns the name of the upstream that stands for a provider. */
  public static String upstreamName(String provider) {
    return UPSTREAM + provider;
  }

  /** Returns whether an upstream stands for a provider, by its name. */
  public static boolean isUpstream(String upstream) {
    return upstream.startsWith(UPSTREAM);
  }

  /** Returns the upstream that stands for it. */
  public UpstreamSpec upstream() {
    boolean secure = baseUrl.getScheme().equals("https");
    var tls = link.tls() == null ? new ClientTls(null, null, null, false) : link.tls();
    var host = baseUrl.getHost();
    var defaults = UpstreamSpec.Limits.DEFAULT;
    return new UpstreamSpec(
        upstreamName(),
        List.of(
            new UpstreamSpec.Endpoint(
                host.startsWith("[") ? host.substring(1, host.length() - 1) : host, port())),
        link.protocol(),
        secure ? tls : null,
        UpstreamSpec.LoadBalancing.LEAST_REQUEST,
        new UpstreamSpec.Limits(
            link.maxRequests(),
            0,
            0,
            timeouts.connect().isZero() ? defaults.connectTimeout() : timeouts.connect(),
            link.idleTimeout(),
            link.dnsRefresh()));
  }

  /** Returns the authority of its URL, without a port that is the scheme's own. */
  public String authority() {
    return baseUrl.getPort() < 0 ? baseUrl.getHost() : baseUrl.getHost() + ":" + baseUrl.getPort();
  }

  /** Returns the path of its URL without a slash at the end. */
  public String basePath() {
    var path = baseUrl.getRawPath();
    return path == null ? "" : path.replaceFirst("/+$", "");
  }

  private int port() {
    if (baseUrl.getPort() > 0) {
      return baseUrl.getPort();
    }
    return baseUrl.getScheme().equals("https") ? 443 : 80;
  }
}
