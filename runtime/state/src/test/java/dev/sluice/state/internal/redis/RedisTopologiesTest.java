package dev.sluice.state.internal.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.state.testing.Eventually;
import dev.sluice.state.testing.RedisServer;
import io.lettuce.core.ScriptOutputType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs scripts on servers behind sentinels, in a cluster, with users and with TLS. */
@Tag("peers")
class RedisTopologiesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final RedisScript INCREMENT =
      RedisScript.of("return redis.call('INCRBY', KEYS[1], ARGV[1])");

  @TempDir private Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (var each : opened.reversed()) {
      each.close();
    }
  }

  private RedisServer server(String binary, int port, String... options) throws IOException {
    var home = Files.createDirectory(folder.resolve(Integer.toString(port)));
    var all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--dir", home.toString()));
    var server = RedisServer.start(binary, port, all.toArray(String[]::new));
    opened.add(server);
    return server;
  }

  private RedisLink link(String... settings) {
    Map<String, String> all = new HashMap<>(Map.of("timeout", "500"));
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    var link = new RedisLink("test", RedisSettings.of(all));
    opened.add(link);
    return link;
  }

  private static long add(RedisLink link, String key, long amount) {
    try {
      return link.<Long>run(
              INCREMENT,
              ScriptOutputType.INTEGER,
              List.of(RedisNames.bytes(key)),
              List.of(RedisNames.bytes(amount)))
          .join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(booleans = {true, false})
  void followsTheMasterThatSentinelsName(boolean stopped) throws IOException {
    int masterPort = RedisServer.freePort();
    var master = server("redis-server", masterPort);
    var replica =
        server(
            "redis-server",
            RedisServer.freePort(),
            "--replicaof",
            "127.0.0.1 " + masterPort,
            "--repl-diskless-sync-delay",
            "0");
    var sentinel = sentinel(masterPort);
    var link = link("url", "redis-sentinel://127.0.0.1:" + sentinel.port() + "#primary");
    Eventually.isTrue(() -> add(link, "k", 7) >= 7);
    await().atMost(PATIENCE).until(() -> !replica.cli("GET", "k").isEmpty());

    if (stopped) {
      master.stop();
    } else {
      master.pause();
    }

    Eventually.isTrue(() -> add(link, "k", 1) >= 8);
    assertThat(Long.parseLong(replica.cli("GET", "k"))).isGreaterThanOrEqualTo(8);
  }

  private RedisServer sentinel(int masterPort) throws IOException {
    var file =
        Files.writeString(
            folder.resolve("sentinel.conf"),
            """
            sentinel monitor primary 127.0.0.1 %d 1
            sentinel down-after-milliseconds primary 500
            sentinel failover-timeout primary 5000
            """
                .formatted(masterPort));
    var sentinel =
        RedisServer.start("redis-server", RedisServer.freePort(), file.toString(), "--sentinel");
    opened.add(sentinel);
    await()
        .atMost(PATIENCE)
        .until(() -> sentinel.cli("SENTINEL", "MASTER", "primary").contains("num-slaves\n1"));
    return sentinel;
  }

  @ParameterizedTest
  @Execution(ExecutionMode.CONCURRENT)
  @ValueSource(booleans = {true, false})
  void findsThePromotedReplicaOfACluster(boolean stopped) throws IOException {
    var nodes = new ArrayList<RedisServer>();
    var addresses = new ArrayList<String>();
    for (int i = 0; i < 4; i++) {
      // The bus of a node listens 10,000 above it.
      int port = 20_000 + (RedisServer.freePort() % 20_000);
      nodes.add(
          server(
              "redis-server", port, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000"));
      addresses.add("127.0.0.1:" + port);
    }
    var create = new ArrayList<>(List.of("redis-cli", "--cluster", "create"));
    create.addAll(addresses.subList(0, 3));
    create.add("--cluster-yes");
    assertThat(RedisServer.output(create)).contains("All 16384 slots covered");
    assertThat(
            RedisServer.output(
                List.of(
                    "redis-cli",
                    "--cluster",
                    "add-node",
                    addresses.get(3),
                    addresses.getFirst(),
                    "--cluster-slave",
                    "--cluster-master-id",
                    nodes.getFirst().cli("CLUSTER", "MYID"))))
        .contains("New node added correctly");
    await()
        .atMost(PATIENCE)
        .until(() -> nodes.get(3).cli("INFO", "replication").contains("master_link_status:up"));
    var link = link("url", "redis-cluster://" + String.join(",", addresses.subList(0, 2)));
    // Of slots of all three masters; the first of them is that of the one that goes.
    var keys = List.of("{c:06S}", "{c:a}", "{c:b}", "{c:c}", "{c:d}");
    keys.forEach(key -> Eventually.isTrue(() -> add(link, key, 5) >= 5));
    var first = key(nodes.getFirst());
    Eventually.isTrue(() -> add(link, first, 5) >= 5);

    if (stopped) {
      nodes.getFirst().stop();
    } else {
      nodes.getFirst().pause();
    }

    Eventually.isTrue(() -> add(link, first, 1) >= 1);
    keys.forEach(key -> Eventually.isTrue(() -> add(link, key, 1) >= 1));
    assertThat(nodes.get(3).cli("ROLE")).startsWith("master");
  }

  /** Returns a key that lives in a node. */
  private static String key(RedisServer node) {
    for (int i = 0; ; i++) {
      var key = "{k" + i + "}";
      if (!node.cli("GET", key).startsWith("MOVED")) {
        return key;
      }
    }
  }

  @Test
  void isAUserOfTheAccessControlList() throws IOException {
    var server = server("redis-server", RedisServer.freePort());
    server.cli(
        "ACL",
        "SETUSER",
        "gateway",
        "on",
        ">p@ss:w/rd",
        "~sluice:*",
        "+eval",
        "+evalsha",
        "+incrby",
        "+hello",
        "+set");
    server.cli("ACL", "SETUSER", "default", "off");

    var link = link("url", server.url(), "username", "gateway", "password", "p@ss:w/rd");
    assertThat(add(link, "sluice:k", 3)).isEqualTo(3);
    assertThatThrownBy(() -> add(link, "other", 3)).hasMessageContaining("NOPERM");
    var inUrl = "redis://gateway:p%40ss%3Aw%2Frd@127.0.0.1:" + server.port();
    assertThat(add(link("url", inUrl), "sluice:k", 3)).isEqualTo(6);

    var wrong = link("url", server.url(), "username", "gateway", "password", "wrong-password");
    assertThatThrownBy(() -> add(wrong, "sluice:k", 1))
        .hasMessageContaining("WRONGPASS")
        .hasMessageNotContaining("wrong-password");
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void speaksTls(boolean withClientCertificate) throws IOException {
    certificates();
    int port = RedisServer.freePort();
    var plain =
        server(
            "redis-server",
            RedisServer.freePort(),
            "--tls-port",
            Integer.toString(port),
            "--tls-cert-file",
            folder.resolve("server.pem").toString(),
            "--tls-key-file",
            folder.resolve("server.key").toString(),
            "--tls-ca-cert-file",
            folder.resolve("ca.pem").toString(),
            "--tls-auth-clients",
            withClientCertificate ? "yes" : "no");
    assertThat(plain.cli("PING")).isEqualTo("PONG");
    var url = "rediss://127.0.0.1:" + port;
    var ca = folder.resolve("ca.pem").toString();

    assertThatThrownBy(() -> add(link("url", url), "k", 1)).as("an unknown authority").isNotNull();
    var link =
        withClientCertificate
            ? link(
                "url",
                url,
                "ca",
                ca,
                "cert",
                folder.resolve("client.pem").toString(),
                "key",
                folder.resolve("client.key").toString())
            : link("url", url, "ca", ca);
    Eventually.isTrue(() -> add(link, "k", 2) >= 2);
    if (withClientCertificate) {
      assertThatThrownBy(() -> add(link("url", url, "ca", ca), "k", 1))
          .as("no certificate")
          .isNotNull();
    }
  }

  private void certificates() {
    run("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem");
    for (var name : List.of("server", "client")) {
      run(
          "req -newkey rsa:2048 -nodes -subj /CN=%s -keyout %1$s.key -out %1$s.csr"
              .formatted(name));
      try {
        Files.writeString(folder.resolve("names"), "subjectAltName=IP:127.0.0.1");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      run(
          "x509 -req -in %s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out %1$s.pem"
              .formatted(name));
    }
  }

  private void run(String openssl) {
    RedisServer.output(List.of("sh", "-c", "cd '" + folder + "' && openssl " + openssl));
  }
}
