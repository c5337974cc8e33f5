package dev.sluice.state.internal.redis;

import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.StaticCredentialsProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Says where a Redis server is and what happens while it is away.
 *
 * @param cluster whether the nodes are those of a cluster
 * @param nodes one, or some of a cluster
 * @param tls what is special about TLS
 * @param timeout of connecting and of each call
 */
public record RedisSettings(
    boolean cluster, List<RedisURI> nodes, Tls tls, Duration timeout, OnUnavailable onUnavailable) {
  private static final Duration CONNECTING = Duration.ofSeconds(3);
  private static final String CLUSTER = "redis-cluster://";
  private static final String SECURE_CLUSTER = "rediss-cluster://";

  /** Says what calls get while the server is away. */
  public enum OnUnavailable {
    /** They fail. */
    DENY,
    /** They succeed, and nothing is kept. */
    ALLOW,
    /** They are kept in the memory of this process. */
    LOCAL
  }

  /**
   * Says what is special about TLS.
   *
   * @param ca authorities to trust instead of those of the JDK, or null
   * @param cert what to show the server, with its key, or null
   */
  public record Tls(@Nullable Path ca, @Nullable Path cert, @Nullable Path key) {
    boolean isSet() {
      return ca != null || cert != null;
    }
  }

  /** Copies the list. */
  public RedisSettings {
    nodes = List.copyOf(nodes);
  }

  /**
   * Reads the settings of a provider.
   *
   * @param settings {@code url}: {@code redis://}, {@code rediss://} (TLS), {@code
   *     redis-sentinel://host:port,host:port/0#master}, {@code redis-cluster://host:port,host:port}
   *     or {@code rediss-cluster://…}; {@code username}, {@code password}; {@code ca}, a file of
   *     PEM certificates; {@code cert} and {@code key}, PEM files; {@code timeout} in milliseconds;
   *     {@code onUnavailable}
   * @throws IllegalArgumentException when the url cannot be read
   */
  public static RedisSettings of(Map<String, String> settings) {
    var url = settings.getOrDefault("url", "");
    var timeout = Duration.ofMillis(Long.parseLong(settings.getOrDefault("timeout", "1000")));
    boolean cluster = url.startsWith(CLUSTER) || url.startsWith(SECURE_CLUSTER);
    var nodes = new ArrayList<RedisURI>();
    if (cluster) {
      var scheme = url.startsWith(CLUSTER) ? "redis://" : "rediss://";
      var rest = url.substring(url.indexOf("://") + 3);
      int at = rest.lastIndexOf('@');
      var user = rest.substring(0, at + 1);
      for (var node : rest.substring(at + 1).split(",", -1)) {
        nodes.add(RedisURI.create(scheme + user + node));
      }
    } else {
      nodes.add(RedisURI.create(url));
    }
    for (var node : nodes) {
      complete(node, settings, timeout);
      node.getSentinels().forEach(sentinel -> sentinel.setTimeout(node.getTimeout()));
    }
    return new RedisSettings(
        cluster,
        nodes,
        new Tls(path(settings, "ca"), path(settings, "cert"), path(settings, "key")),
        timeout,
        OnUnavailable.valueOf(
            settings.getOrDefault("onUnavailable", "deny").toUpperCase(Locale.ROOT)));
  }

  private static @Nullable Path path(Map<String, String> settings, String name) {
    var file = settings.get(name);
    return file == null ? null : Path.of(file);
  }

  private static void complete(RedisURI node, Map<String, String> settings, Duration timeout) {
    // Of connecting, which takes longer than a command; callers wait no longer for it.
    node.setTimeout(timeout.compareTo(CONNECTING) > 0 ? timeout : CONNECTING);
    node.setVerifyPeer(SslVerifyMode.FULL);
    var password = settings.get("password");
    if (password != null) {
      node.setCredentialsProvider(
          new StaticCredentialsProvider(settings.get("username"), password.toCharArray()));
    }
  }

  /** Names the servers without what may be secret. */
  String servers() {
    var names = new ArrayList<String>();
    for (var node : nodes) {
      if (node.getSentinels().isEmpty()) {
        names.add(node.getHost() + ":" + node.getPort());
      } else {
        node.getSentinels().forEach(s -> names.add(s.getHost() + ":" + s.getPort()));
      }
    }
    return String.join(",", names);
  }

  @Override
  public String toString() {
    return "RedisSettings[" + servers() + "]";
  }
}
