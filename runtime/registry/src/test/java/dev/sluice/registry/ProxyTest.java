package dev.sluice.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.registry.testing.HttpPeer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reaches registries through a proxy, as the environment says. */
class ProxyTest {
  private static final String MANIFEST = "{\"schemaVersion\":2,\"layers\":[]}";
  private static final String REGISTRY = "registry.example:5000";

  @Test
  void asksAPlainRegistryThroughTheProxy() {
    try (var proxy = HttpPeer.start((asked, out) -> HttpPeer.reply(out, 200, Map.of(), MANIFEST));
        var client = client(REGISTRY, Map.of("HTTP_PROXY", "http://" + proxy.host()))) {
      client.manifest("a/b", "1");

      assertThat(proxy.asked())
          .extracting(HttpPeer.Asked::target)
          .containsExactly("http://" + REGISTRY + "/v2/a/b/manifests/1");
    }
  }

  @Test
  void tunnelsToARegistryWithTls() {
    try (var proxy = HttpPeer.start((asked, out) -> HttpPeer.reply(out, 502, Map.of(), ""));
        var client =
            new RegistryClient("registry.example", settings(Map.of("https_proxy", proxy.host())))) {
      assertThatThrownBy(() -> client.manifest("a/b", "1")).isInstanceOf(RegistryException.class);

      assertThat(proxy.asked())
          .isNotEmpty()
          .allSatisfy(
              asked -> {
                assertThat(asked.method()).isEqualTo("CONNECT");
                assertThat(asked.target()).isEqualTo("registry.example:443");
                assertThat(asked.header("authorization")).isEmpty();
              });
    }
  }

  @Test
  void saysWhoItIsToAProxyThatAsksAndToNobodyElse() {
    var basic =
        "Basic " + Base64.getEncoder().encodeToString("gate:w@y".getBytes(StandardCharsets.UTF_8));
    try (var proxy =
            HttpPeer.start(
                (asked, out) -> {
                  if (asked.header("proxy-authorization").equals(basic)) {
                    HttpPeer.reply(out, 200, Map.of(), MANIFEST);
                  } else {
                    HttpPeer.reply(out, 407, Map.of("Proxy-Authenticate", "Basic realm=\"p\""), "");
                  }
                });
        var client = client(REGISTRY, Map.of("HTTP_PROXY", "http://gate:w%40y@" + proxy.host()))) {
      client.manifest("a/b", "1");

      assertThat(proxy.asked()).hasSize(2);
      assertThat(proxy.asked().getLast().header("authorization")).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "registry.example",
        "registry.example:5000",
        "example",
        ".example",
        "*.example",
        "other.org, registry.example ,x",
        "*"
      })
  void leavesOutWhatNoProxyNames(String excluded) {
    try (var proxy = HttpPeer.start((asked, out) -> HttpPeer.reply(out, 200, Map.of(), MANIFEST));
        var client =
            client(
                REGISTRY, Map.of("HTTP_PROXY", "http://" + proxy.host(), "NO_PROXY", excluded))) {
      // Nobody has that name, so a direct request fails.
      assertThatThrownBy(() -> client.manifest("a/b", "1")).isInstanceOf(RegistryException.class);

      assertThat(proxy.asked()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"registry.example:5001", "gistry.example", ".registry.example", "10.0.0.0/8", ""})
  void leavesOutNothingElse(String excluded) {
    try (var proxy = HttpPeer.start((asked, out) -> HttpPeer.reply(out, 200, Map.of(), MANIFEST));
        var client =
            client(
                REGISTRY, Map.of("HTTP_PROXY", "http://" + proxy.host(), "NO_PROXY", excluded))) {
      client.manifest("a/b", "1");

      assertThat(proxy.asked()).hasSize(1);
    }
  }

  @Test
  void asksThisMachineDirectly() {
    try (var proxy = HttpPeer.start((asked, out) -> HttpPeer.reply(out, 500, Map.of(), ""));
        var registry =
            HttpPeer.start((asked, out) -> HttpPeer.reply(out, 200, Map.of(), MANIFEST));
        var client = client(registry.host(), Map.of("HTTP_PROXY", "http://" + proxy.host()))) {
      client.manifest("a/b", "1");

      assertThat(proxy.asked()).isEmpty();
      assertThat(registry.asked()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"socks5://127.0.0.1:1", "http://", "http://user:hunter2@", "ht tp"})
  void saysWhatAProxyIsExpectedToBe(String proxy) {
    assertThatThrownBy(() -> client(REGISTRY, Map.of("HTTP_PROXY", proxy)).close())
        .isInstanceOf(RegistryException.class)
        .hasMessageContaining("HTTP_PROXY (expected: http://[name:password@]host:port)")
        .hasMessageNotContaining("hunter2");
  }

  private static RegistryClient client(String registry, Map<String, String> environment) {
    return new RegistryClient(registry, settings(environment).withPlainHttp(registry));
  }

  private static RegistrySettings settings(Map<String, String> environment) {
    return new RegistrySettings(
        Map.of(), CredentialSource.NONE, environment, Timeouts.DEFAULT, RegistrySettings.CHUNK);
  }
}
