package dev.sluice.control.internal;

import dev.sluice.control.GatewayConfig.UsageSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Decodes {@code state}: where the services of plugins keep what they remember. */
final class StateDecoder {
  /** Scheme, user, hosts, database, parameters, master. */
  private static final Pattern URL =
      Pattern.compile(
          "(rediss?(?:-sentinel|-cluster)?)://(?:[^@/]*@)?([^@/?#\\s]+)(/\\d*)?(\\?[^#\\s]*)?(#\\S+)?");

  private static final Pattern HOST =
      Pattern.compile("(?:\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?");

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final Section state;
  private final Path base;

  /**
   * @param base relative paths start here
   */
  StateDecoder(Section state, Path base) {
    this.state = state;
    this.base = base;
  }

  /**
   * Returns the settings of one use.
   *
   * @param use {@code counters, store, vectors}
   * @return empty for memory
   */
  Map<String, String> settings(String use) {
    if (!state.text(use, "memory").equals("redis")) {
      return Map.of();
    }
    var redis = state.section("redis");
    if (!redis.has("url")) {
      state.report(use, "there is no redis.url beside it");
      return Map.of();
    }
    var settings = new HashMap<String, String>();
    settings.put("url", redis.text("url", ""));
    settings.put("timeout", String.valueOf(redis.bound("timeout", SECOND).toMillis()));
    settings.put("onUnavailable", policy(redis, use));
    for (var text : List.of("username", "password")) {
      if (redis.has(text)) {
        settings.put(text, redis.text(text, ""));
      }
    }
    var tls = redis.section("tls");
    if (tls.has("ca")) {
      settings.put("ca", base.resolve(tls.text("ca", "")).toString());
    }
    var pair = tls.section("clientCertificate");
    for (var file : List.of("cert", "key")) {
      if (pair.has(file)) {
        settings.put(file, base.resolve(pair.text(file, "")).toString());
      }
    }
    return settings;
  }

  /** Returns where the sums of usage are kept. */
  UsageSettings usage() {
    var section = state.section("usage");
    if (!section.value().isObject()) {
      return new UsageSettings(state.text("usage", "").equals("memory"), Optional.empty());
    }
    var path = Optional.of(base.resolve(section.text("path", "")));
    path.map(Path::getParent)
        .filter(folder -> !Files.isDirectory(folder))
        .ifPresent(folder -> section.report("path", "there is no folder " + folder));
    return new UsageSettings(false, path.map(Path::toString));
  }

  /** One word for all uses, or a word for each. */
  private static String policy(Section redis, String use) {
    return redis.text("onUnavailable", redis.section("onUnavailable").text(use, "deny"));
  }

  /** Reports what does not fit, whether it is used or not. */
  StateDecoder check() {
    var redis = state.section("redis");
    if (redis.has("url")) {
      checkUrl(redis);
    }
    redis.bound("timeout", SECOND);
    if (redis.has("username") && !redis.has("password")) {
      redis.report("username", "has no password beside it");
    }
    var tls = redis.section("tls");
    checkFile(tls, "ca");
    checkFile(tls.section("clientCertificate"), "cert");
    checkFile(tls.section("clientCertificate"), "key");
    if (redis.has("tls") && !redis.text("url", "").startsWith("rediss")) {
      redis.report("tls", "stands beside a url without TLS (expected: a url rediss://…)");
    }
    return this;
  }

  private void checkFile(Section section, String field) {
    if (section.has(field) && !Files.isReadable(base.resolve(section.text(field, "")))) {
      section.report(
          field, "there is no file " + base.resolve(section.text(field, "")) + " that can be read");
    }
  }

  /** Never repeats the url, which may hold a password. */
  private static void checkUrl(Section redis) {
    var url = URL.matcher(redis.text("url", ""));
    if (!url.matches() || !areHosts(url.group(2))) {
      redis.report(
          "url",
          "is no url of a Redis server (expected: redis://host:port, redis-sentinel://host:port,"
              + "host:port#master, redis-cluster://host:port,host:port; rediss… with TLS)");
      return;
    }
    checkKind(redis, url);
  }

  private static void checkKind(Section redis, Matcher url) {
    boolean database = url.group(3) != null && url.group(3).length() > 1;
    boolean several = url.group(2).contains(",");
    if (url.group(1).endsWith("-sentinel")) {
      if (url.group(5) == null) {
        redis.report("url", "names sentinels but no master (expected: …#name-of-the-master)");
      }
    } else if (url.group(1).endsWith("-cluster")) {
      if (database) {
        redis.report("url", "names a database, which a cluster has not (expected: none)");
      }
    } else if (several) {
      redis.report("url", "names several servers (expected: one, or redis-cluster://…)");
    }
  }

  private static boolean areHosts(String hosts) {
    for (var host : hosts.split(",", -1)) {
      var match = HOST.matcher(host);
      if (!match.matches()
          || (match.group(1) != null && !isPort(Integer.parseInt(match.group(1))))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isPort(int port) {
    return port > 0 && port < 65_536;
  }
}
