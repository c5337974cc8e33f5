package dev.sluice.acceptance;

import dev.sluice.control.Gateway;
import dev.sluice.control.GatewayOptions;
import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.Exchange;
import dev.sluice.http.testing.TestClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Is one gateway with the plugins that are published for Higress, each on a host of its own. */
final class HigressGateway implements AutoCloseable {
  static final String ANSWER =
      """
      {"id":"x","object":"chat.completion","model":"gpt-4o",\
      "choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},\
      "finish_reason":"stop"}],\
      "usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}\
      """;

  /** Is a plugin of the package and how it is configured. */
  private record Use(String name, String artifact, int priority, String config) {}

  private static final List<Use> USES =
      List.of(
          new Use(
              "masking",
              "ai-data-masking/2.0.3",
              0,
              "{deny_openai: true, deny_words: [secret], deny_code: 403}"),
          new Use("statistics", "ai-statistics/2.0.0", 0, "{use_default_attributes: true}"),
          new Use(
              "proxy",
              "gpustack-ai-proxy/2.0.3-patched",
              0,
              "{provider: {type: openai, apiTokens: [sk-test], modelMapping: {'*': gpt-4o-mini}}}"),
          new Use(
              "auth",
              "gpustack-ext-auth/0.1.3",
              0,
              "{route_match_regexes: ['^auth$'], authz: {endpoint: {service_name: auth.static,"
                  + " service_port: 80, request_method: GET, path: /token-auth}, timeout: 5000}}"),
          new Use(
              "router",
              "gpustack-generic-proxy-router/1.0.1",
              0,
              "{addProviderHeader: x-provider, modelToHeader: x-model, modelKey: model}"),
          new Use(
              "acl",
              "gpustack-ip-acl/0.1.0",
              0,
              "{consumers: {bad: {deniedCidrs: [127.0.0.0/8]}, good: {allowedCidrs:"
                  + " [127.0.0.1/32]}}}"),
          new Use("mapper", "gpustack-lb/0.1.2", 0, "{modelMapping: {m: mapped}}"),
          new Use(
              "context",
              "gpustack-lb/0.1.2",
              340,
              "{mode: context, candidates: [{name: a, cluster: 'outbound|80||a.static'}, {name: b,"
                  + " cluster: 'outbound|80||b.static'}]}"),
          new Use(
              "affinity",
              "gpustack-lb-session-affinity/0.1.0",
              335,
              "{sessionKeys: [{header: x-session}], weight: 2}"),
          new Use("least", "gpustack-lb-least-load/0.1.0", 330, "{weight: 1}"),
          new Use(
              "decision",
              "gpustack-lb-decision-service/0.2.1",
              328,
              "{providers: [{id: p, type: systemone, endpoint: 'http://auth.static', cluster:"
                  + " 'outbound|80||auth.static', apiTokens: [t]}], activeProviderId: p,"
                  + " modelSelection: {criteria: {poet: poems, reckoner: sums}}}"),
          new Use("finisher", "gpustack-lb/0.1.2", 325, "{mode: finisher}"),
          new Use(
              "mapped",
              "gpustack-lb/0.1.2",
              340,
              "{mode: context, candidates: [{targetId: '1', kind: instance, cluster:"
                  + " 'outbound|80||a.static'}, {targetId: '2', kind: instance, cluster:"
                  + " 'outbound|80||b.static'}], modelMappers: {'1': {m: poet}, '2': {m:"
                  + " reckoner}}}"),
          new Use(
              "limit",
              "gpustack-rate-limit/1.0.1",
              0,
              "{rule_name: r, limit_combinations: [{name: per-key, match: [{type: value, source:"
                  + " header, name: x-key, value: k1}], query_limits: {per_minute: 2}}], redis:"
                  + " {service_name: redis.static, service_port: 6379}}"),
          new Use(
              "headers",
              "gpustack-set-header-pre-route/1.0.1",
              0,
              "{routeNameHeader: x-route, clusterNameHeader: x-cluster, enableOnPathSuffix:"
                  + " [/completions]}"),
          new Use(
              "usage",
              "gpustack-token-usage/1.2.2",
              0,
              "{realIPHeader: x-real-ip, header_add: {x-internal: shared}, endpoint: {service_name:"
                  + " auth.static, service_port: 80, path: /usage}}"),
          new Use(
              "transformer",
              "transformer/2.0.0",
              0,
              "{reqRules: [{operate: add, headers: [{key: x-added, value: '1'}]}, {operate: rename,"
                  + " headers: [{oldKey: x-old, newKey: x-new}]}, {operate: remove, headers: [{key:"
                  + " x-gone}]}, {operate: add, querys: [{key: q, value: '7'}]}, {operate: add,"
                  + " body: [{key: extra, value: more, value_type: string}]}], respRules:"
                  + " [{operate: add, headers: [{key: x-answered, value: '2'}]}]}"));

  private static final List<String> BALANCING = List.of("context", "affinity", "least", "finisher");
  private static final List<String> DECIDING = List.of("mapped", "decision", "finisher");

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final Path plugins;
  private final RedisServer redis;
  private final Gateway gateway;
  private final TestClient client;
  private final TestUpstream main;
  private final TestUpstream asked;

  /**
   * Starts it.
   *
   * @param folder for files of this run
   * @param higress where the package is; compiled code stays there, and that of other tests is
   *     taken over
   */
  HigressGateway(Path folder, Path higress) throws IOException {
    plugins = higress.resolve("gpustack_higress_plugins/plugins");
    redis = RedisServer.start(PeerProgram.find("redis-server"), folder);
    opened.add(redis);
    var transport = Transport.create(1);
    opened.add(transport);
    main = upstream(transport, "main");
    var first = upstream(transport, "a");
    var second = upstream(transport, "b");
    asked = service(transport);
    var file = folder.resolve("sluice.yaml");
    Files.writeString(file, config(first, second, asked));
    // Compiled code stays there, and that of the tests of runtime/wasm is taken over.
    gateway = Gateway.start(new GatewayOptions(file, higress.toAbsolutePath()));
    opened.add(gateway);
    client = new TestClient(transport, ProtocolChoice.HTTP_1_1, null);
    opened.add(client);
  }

  /** Is a model server. */
  private TestUpstream upstream(Transport transport, String name) {
    var made =
        TestUpstream.start(
            transport,
            exchange ->
                exchange
                    .complete()
                    .thenAccept(
                        done ->
                            exchange.respond(
                                200, ANSWER, "content-type", "application/json", "x-by", name)));
    opened.add(made);
    return made;
  }

  /** Is what plugins ask: who may pass (401 without a good key) and which model fits a task. */
  private TestUpstream service(Transport transport) {
    var made =
        TestUpstream.start(
            transport,
            exchange ->
                exchange
                    .complete()
                    .thenAccept(
                        done -> {
                          var headers = exchange.headers().join();
                          if (headers.get(":path", "").startsWith("/token-auth")) {
                            boolean good = headers.get("authorization", "").equals("Bearer good");
                            exchange.respond(good ? 200 : 401, "", "x-mse-consumer", "team");
                          } else {
                            var choice = exchange.text().contains("2 + 2") ? 0.0 : 1.0;
                            exchange.respond(
                                200, decision(choice), "content-type", "application/json");
                          }
                        }));
    opened.add(made);
    return made;
  }

  private static String decision(double poet) {
    return """
    {"answers":{"model_selection":{"choice":"%s","confidence":1.0,\
    "probabilities":{"poet":%s,"reckoner":%s}}}}\
    """
        .formatted(poet > 0.5 ? "poet" : "reckoner", poet, 1 - poet);
  }

  private String config(TestUpstream first, TestUpstream second, TestUpstream auth) {
    var routes = new StringBuilder();
    var entries = new StringBuilder();
    for (var use : USES) {
      if (!BALANCING.contains(use.name) && !DECIDING.contains(use.name)) {
        routes.append(
            "  - {name: %s, match: {hosts: [%s.test]}, upstream: '%s', plugins: [%s]}\n"
                .formatted(
                    use.name,
                    use.name,
                    use.name.equals("usage")
                        ? "outbound|80||model-3-1.static"
                        : "outbound|80||gpustack.static",
                    use.name));
      }
      entries.append(
          """
            - name: %s
              url: "file:%s/plugin.wasm"
              phase: AUTHN
              priority: %d
              pluginConfig: %s
              limits: {callTime: 5s, startTime: 60s, memory: 128MiB}
              grants: {http: ['outbound|80||auth.static'], redis: ['outbound|6379||redis.static']}
          """
              .formatted(
                  use.name,
                  plugins.resolve(use.artifact).toAbsolutePath(),
                  use.priority,
                  use.config));
    }
    for (var cluster : List.of("a", "b")) {
      routes.append(
          """
            - name: balanced-%1$s
              match: {hosts: [balanced.test, decided.test], headers: [{name: x-higress-target-cluster, exact: 'outbound|80||%1$s.static'}]}
              upstream: 'outbound|80||%1$s.static'
          """
              .formatted(cluster));
    }
    return """
    admin: {address: "127.0.0.1:0"}
    accessLog: {}
    threads: 1
    listeners: [{name: web, address: "127.0.0.1:0"}]
    upstreams:
      - {name: 'outbound|80||gpustack.static', endpoints: [{address: "127.0.0.1:%d"}]}
      - {name: 'outbound|80||model-3-1.static', endpoints: [{address: "127.0.0.1:%d"}]}
      - {name: 'outbound|80||a.static', endpoints: [{address: "127.0.0.1:%d"}]}
      - {name: 'outbound|80||b.static', endpoints: [{address: "127.0.0.1:%d"}]}
      - {name: 'outbound|80||auth.static', endpoints: [{address: "127.0.0.1:%d"}]}
      - {name: 'outbound|6379||redis.static', endpoints: [{address: "127.0.0.1:%d"}]}
    routes:
      - {name: balanced, match: {hosts: [balanced.test]}, upstream: 'outbound|80||gpustack.static', plugins: %s}
      - {name: decided, match: {hosts: [decided.test]}, upstream: 'outbound|80||gpustack.static', plugins: %s}
    %splugins:
    %s\
    """
        .formatted(
            main.port(),
            main.port(),
            first.port(),
            second.port(),
            auth.port(),
            redis.port(),
            BALANCING,
            DECIDING,
            routes,
            entries);
  }

  /** Returns the folder of a plugin in the package, by the name of its use. */
  static String artifact(String use) {
    return USES.stream()
        .filter(u -> u.name.equals(use))
        .map(Use::artifact)
        .findFirst()
        .orElseThrow();
  }

  Exchange post(String host, String body, String... fields) {
    var headers = TestClient.request("POST", "/v1/chat/completions", fields);
    headers.set(":authority", host + ".test");
    headers.add("content-type", "application/json");
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    headers.add("content-length", Integer.toString(bytes.length));
    var port = gateway.addresses().getOrDefault("web", List.of()).getFirst().getPort();
    return client
        .send(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
            headers,
            false,
            sent -> sent.stream().sendData(Unpooled.wrappedBuffer(bytes), true))
        .complete()
        .orTimeout(60, TimeUnit.SECONDS)
        .join();
  }

  static int status(Exchange exchange) {
    return exchange.headers().join().status();
  }

  Headers seen() {
    return last().headers().join();
  }

  Exchange last() {
    Exchange last = null;
    for (var exchange : main.exchanges()) {
      last = exchange;
    }
    if (last == null) {
      throw new AssertionError("the upstream saw nothing");
    }
    return last;
  }

  /** Returns the bodies that plugins sent to the service at a path. */
  List<String> reported(String path) {
    var bodies = new ArrayList<String>();
    for (var exchange : asked.exchanges()) {
      if (exchange.headers().join().get(":path", "").equals(path)) {
        bodies.add(exchange.text());
      }
    }
    return bodies;
  }

  int redisPort() {
    return redis.port();
  }

  /** Returns what the gateway answers at {@code /metrics}. */
  String metrics() throws IOException, InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create("http:/" + gateway.adminAddress() + "/metrics"))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  @Override
  public void close() throws Exception {
    for (var each : opened.reversed()) {
      each.close();
    }
  }
}
