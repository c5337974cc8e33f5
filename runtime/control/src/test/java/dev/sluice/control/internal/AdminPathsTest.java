package dev.sluice.control.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.ProxyServer;
import dev.sluice.proxy.SystemClock;
import dev.sluice.registry.ArtifactResolver;
import dev.sluice.usage.UsageLedger;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Holds the OpenAPI document against what the admin API answers. */
class AdminPathsTest {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE");

  @TempDir private Path folder;

  /** Returns the paths of the document with their methods; HEAD comes with every GET. */
  private static Map<String, Set<String>> documented(JsonNode document) {
    Map<String, Set<String>> paths = new TreeMap<>();
    for (var path : document.path("paths").properties()) {
      var methods = paths.computeIfAbsent(path.getKey(), p -> new TreeSet<>());
      for (var field : path.getValue().propertyNames()) {
        var method = field.toUpperCase(java.util.Locale.ROOT);
        if (METHODS.contains(method)) {
          methods.add(method);
        }
      }
      if (methods.contains("GET")) {
        methods.add("HEAD");
      }
    }
    return paths;
  }

  @Test
  void documentsExactlyWhatIsAnswered() {
    try (var transport = Transport.create(1);
        var proxy = ProxyServer.builder(transport).start()) {
      var resolver = new ArtifactResolver(folder, folder.resolve("cache"), 1 << 20);
      var identities = new Identities(new SystemClock());
      var controller =
          new Controller(transport, proxy, ServiceProviders.none(), identities, resolver, folder);
      var ledger = new UsageLedger(1, 10, Instant.EPOCH);
      var api =
          new AdminApi(
              controller, () -> "", new UsageApi(ledger, null), new LoopWatch(transport), () -> {});
      var document =
          JsonMapper.shared().readTree(api.answer(request("GET", "/openapi.json")).body());

      var documented = documented(document);
      documented.remove("/openapi.json");
      var answered = api.paths();
      answered.remove("/openapi.json");
      assertThat(documented).isEqualTo(answered);

      documented.forEach(
          (path, methods) -> {
            for (var method : METHODS) {
              int status = api.answer(request(method, path.replace("{name}", "some"))).status();
              assertThat(status == 405)
                  .as("%s %s answered %s", method, path, status)
                  .isNotEqualTo(methods.contains(method));
            }
          });
    }
  }

  @Test
  void refersOnlyToPartsThatAreThere() {
    var document = JsonMapper.shared().readTree(Resources.text("openapi.json"));

    var references = document.findValuesAsString("$ref");
    assertThat(references).isNotEmpty();
    assertThat(references)
        .allSatisfy(
            reference ->
                assertThat(document.at(reference.substring(1)).isMissingNode())
                    .as(reference)
                    .isFalse());
  }

  private static AdminRequest request(String method, String path) {
    return new AdminRequest(Headers.of(":method", method, ":path", path), new byte[0]);
  }
}
