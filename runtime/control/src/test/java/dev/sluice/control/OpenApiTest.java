package dev.sluice.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sluice.http.Transport;
import dev.sluice.http.testing.LeakCheck;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.registry.PluginPackage;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.RegistryServer;
import dev.sluice.registry.testing.Meddler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes a gateway give every answer that its OpenAPI document has, and holds each against it: the
 * status, the type, the schema of the body, the headers.
 */
@ExtendWith(LeakCheck.class)
class OpenApiTest {
  private static final String CHANGED = "\"0123456789abcdef\"";
  private static final String PLUGIN = "/plugins/{name}";

  private final Transport transport = Transport.create(1);
  private final TestUpstream upstream =
      TestUpstream.start(transport, exchange -> exchange.respond(200, "hello"));
  private volatile Meddler.Change change = (asked, reply) -> reply;
  private final Set<String> given = new TreeSet<>();
  @TempDir private Path folder;
  private RegistryServer registry;
  private Meddler front;
  private TestGateway gateway;
  private JsonNode document;

  @BeforeEach
  void start() throws IOException {
    registry =
        RegistryServer.start(
            folder.resolve("registry"), new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    front = Meddler.before(registry, (asked, reply) -> change.apply(asked, reply));
    push("one");
    gateway =
        TestGateway.start(
            folder,
            TestGateway.frame(upstream.port())
                + """
                routes:
                  - {name: all, upstream: api, plugins: [label]}
                providers: [{name: p, format: openai, baseUrl: "http://127.0.0.1:9/v1", keys: [{value: sk-p}]}]
                models:
                  - name: m
                    targets: [{provider: p}]
                    canary: [{when: {groups: [beta]}, targets: [{provider: p, model: next}]}]
                plugins:
                  - {name: label, url: "%s/team/label:1"}
                """
                    .formatted(front.host()));
    document = gateway.json("/openapi.json");
  }

  @AfterEach
  void close() {
    gateway.close();
    front.close();
    registry.close();
    transport.close();
  }

  @Test
  void isTrueForEveryAnswer() throws IOException {
    gateway.get("/");
    for (var path :
        new String[] {
          "/healthz",
          "/readyz",
          "/metrics",
          "/openapi.json",
          "/config",
          "/config/status",
          "/routes",
          "/upstreams",
          "/ai/usage",
          "/ai/models",
          "/plugins"
        }) {
      expect(200, "GET", path, "");
    }
    expect(200, "GET", PLUGIN, "label", "");
    expect(404, "GET", PLUGIN, "none", "");
    expect(400, "GET", "/ai/usage", "?groupBy=weather", "");
    configurations();
    plugins();
    rollbacks();
    promotions();
    refreshes();
    expect(202, "POST", "/drain", "");
    drained();

    assertThat(given).as("every documented answer was given").isEqualTo(documented());
  }

  private void configurations() {
    var config = (ObjectNode) gateway.json("/config");
    expect(200, "PUT", "/config", config.put("drainTimeout", "7s").toString());
    expect(200, "PUT", "/config", "?dryRun=true", config.put("drainTimeout", "8s").toString());
    expect(400, "PUT", "/config", "?dryRun=perhaps", config.toString());
    expect(412, "PUT", "/config", config.toString(), "if-match", CHANGED);
    expect(422, "PUT", "/config", "listeners: none");
    assertThat(gateway.json("/config/status").has("rejected")).isTrue();
    expect(200, "GET", "/config/status", "");
  }

  private void plugins() {
    var more = "url: \"" + Guests.file(folder, "more") + "\"\n";
    expect(200, "PUT", PLUGIN, "more", more);
    expect(400, "PUT", PLUGIN, "more", more + "name: other\n");
    expect(412, "PUT", PLUGIN, "more", more, "if-match", CHANGED);
    expect(422, "PUT", PLUGIN, "more", more + "prority: 7\n");
    expect(200, "GET", "/plugins", "");
    expect(412, "DELETE", PLUGIN, "more", "", "if-match", CHANGED);
    expect(409, "DELETE", PLUGIN, "label", "");
    var now = gateway.admin("GET", "/plugins/more").headers().firstValue("etag").orElseThrow();
    expect(204, "DELETE", PLUGIN, "more", "", "if-match", now);
    expect(404, "DELETE", PLUGIN, "none", "");
  }

  private void rollbacks() throws IOException {
    var path = PLUGIN + "/rollback";
    for (var label : new String[] {"two", "three"}) {
      var entry = "url: \"" + Guests.file(folder, label) + "\"\n";
      expect(200, "PUT", PLUGIN, "back", entry);
    }
    expect(412, "POST", path, "back", "", "if-match", CHANGED);
    Files.delete(folder.resolve("two.wasm"));
    expect(422, "POST", path, "back", "");
    Guests.file(folder, "two");
    expect(200, "POST", path, "back", "");
    expect(409, "POST", path, "back", "");
    expect(404, "POST", path, "none", "");
  }

  private void promotions() throws IOException {
    var path = PLUGIN + "/promote";
    expect(409, "POST", path, "back", "");
    expect(404, "POST", path, "none", "");
    var entry = "url: \"" + Guests.file(folder, "five") + "\"\ncanary: {percent: 10}\n";
    expect(200, "PUT", PLUGIN, "back", entry);
    expect(412, "POST", path, "back", "", "if-match", CHANGED);
    gateway.get("/");
    expect(200, "GET", PLUGIN, "back", "");
    assertThat(gateway.json("/plugins/back").at("/canary/state").asString()).isEqualTo("running");
    Files.delete(folder.resolve("five.wasm"));
    expect(422, "POST", path, "back", "");
    Guests.file(folder, "five");
    expect(200, "POST", path, "back", "");
  }

  private void refreshes() throws IOException {
    var path = PLUGIN + "/refresh";
    push("four");
    change = (asked, reply) -> Meddler.Reply.of(500);
    expect(502, "POST", path, "label", "");
    change =
        (asked, reply) ->
            asked.target().contains("/blobs/") ? reply.withBody(new byte[] {1}) : reply;
    expect(422, "POST", path, "label", "");
    change = (asked, reply) -> reply;
    expect(200, "POST", path, "label", "");
    expect(404, "POST", path, "none", "");
  }

  private void drained() {
    expect(503, "GET", "/readyz", "");
    expect(503, "PUT", "/config", "listeners: []");
    expect(503, "PUT", PLUGIN, "label", "url: x");
    expect(503, "DELETE", PLUGIN, "label", "");
    expect(503, "POST", PLUGIN + "/rollback", "label", "");
    expect(503, "POST", PLUGIN + "/promote", "label", "");
    expect(503, "POST", PLUGIN + "/refresh", "label", "");
  }

  private void expect(int status, String method, String path, String body) {
    expect(status, method, path, "", body);
  }

  private void expect(
      int status, String method, String path, String body, String header, String value) {
    expect(status, method, path, "", body, header, value);
  }

  /**
   * Asks and holds the answer against the document.
   *
   * @param rest stands for the name in the path, or is the query
   */
  private void expect(
      int status, String method, String path, String rest, String body, String... headers) {
    var asked = path.contains("{name}") ? path.replace("{name}", rest) : path + rest;
    var answer = gateway.admin(method, asked, body, headers);
    var key = method + " " + path + " " + status;
    assertThat(answer.statusCode()).as("%s: %s", key, answer.body()).isEqualTo(status);
    var operation = document.path("paths").path(path).path(method.toLowerCase(Locale.ROOT));
    var response = resolve(operation.path("responses").path(String.valueOf(status)));
    assertThat(response.isObject()).as("%s is documented", key).isTrue();
    checkHeaders(key, response, answer);
    checkBody(key, response.path("content"), answer);
    given.add(key);
  }

  private void checkHeaders(String key, JsonNode response, HttpResponse<String> answer) {
    for (var header : response.path("headers").properties()) {
      if (resolve(header.getValue()).path("required").asBoolean(false)) {
        assertThat(answer.headers().firstValue(header.getKey()))
            .as("%s %s", key, header.getKey())
            .isPresent();
      }
    }
    assertThat(answer.headers().firstValue("etag").isPresent())
        .as("%s: an ETag that comes is documented, and the other way round", key)
        .isEqualTo(response.path("headers").has("ETag"));
  }

  private void checkBody(String key, JsonNode content, HttpResponse<String> answer) {
    if (content.isMissingNode()) {
      assertThat(answer.body()).as(key).isEmpty();
      return;
    }
    var type = answer.headers().firstValue("content-type").orElse("").replaceFirst(";.*", "");
    assertThat(content.propertyNames()).as(key).containsExactly(type);
    var schema = (ObjectNode) content.path(type).path("schema").deepCopy();
    schema.set("components", document.path("components"));
    var body = type.equals("text/plain") ? quoted(answer.body()) : answer.body();
    var errors =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(schema.toString(), InputFormat.JSON)
            .validate(body, InputFormat.JSON);
    assertThat(errors).as("%s: %s", key, answer.body()).isEmpty();
  }

  private static String quoted(String text) {
    return JsonMapper.shared().writeValueAsString(text);
  }

  private JsonNode resolve(JsonNode node) {
    return node.has("$ref") ? document.at(node.path("$ref").asString().substring(1)) : node;
  }

  /** Returns every answer that the document has; {@code default} stands for what none names. */
  private Set<String> documented() {
    var all = new TreeSet<String>();
    for (var path : document.path("paths").properties()) {
      for (var operation : path.getValue().properties()) {
        for (var status : operation.getValue().path("responses").propertyNames()) {
          if (!status.equals("default")) {
            var method = operation.getKey().toUpperCase(Locale.ROOT);
            all.add(method + " " + path.getKey() + " " + status);
          }
        }
      }
    }
    return all;
  }

  @Test
  void documentsWhatEveryCallMayAnswerBesides() {
    for (var path : document.path("paths").properties()) {
      for (var operation : path.getValue().properties()) {
        if (operation.getKey().equals("parameters")) {
          continue;
        }
        var method = operation.getKey().toUpperCase(Locale.ROOT);
        var name = path.getKey().replace("{name}", "label");
        var refused = gateway.admin(method, name, "", "origin", "https://evil.example");
        assertThat(refused.statusCode()).as("%s %s", method, name).isEqualTo(403);
        var otherwise = resolve(operation.getValue().path("responses").path("default"));
        checkBody(method + " " + name, otherwise.path("content"), refused);
      }
    }
  }

  private void push(String label) throws IOException {
    var host = "127.0.0.1:" + registry.address().getPort();
    var file = Files.write(folder.resolve("pushed.wasm"), Guests.labelling(label));
    try (var client = new RegistryClient(host, null, false)) {
      PluginPackage.of(file).push(client, PluginUrl.oci(host + "/team/label:1"), Progress.NONE);
    }
  }
}
