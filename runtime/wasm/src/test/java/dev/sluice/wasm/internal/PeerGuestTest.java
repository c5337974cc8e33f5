package dev.sluice.wasm.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Guests of other SDKs and of Higress run unmodified. */
@Tag("peers")
class PeerGuestTest {
  private static final Limits LIMITS =
      new Limits(
          128L << 20,
          Duration.ofSeconds(2),
          Duration.ofSeconds(60),
          1 << 20,
          100,
          64,
          1,
          1000,
          16L << 20,
          1000);

  @Test
  void runsAPluginOfTheOlderAssemblyScriptSdk() throws IOException {
    Path folder =
        Peers.folder(
            "solo",
            "plugin.wasm",
            Map.of(),
            List.of(
                List.of("npm", "install", "--no-audit", "--no-fund"),
                List.of(
                    "npx",
                    "asc",
                    "index.ts",
                    "-b",
                    "plugin.wasm",
                    "--use",
                    "abort=abort_proc_exit",
                    "--optimize")));
    byte[] wasm = Files.readAllBytes(folder.resolve("plugin.wasm"));
    try (var plugin = TestPlugin.ofBinary(wasm, "hello", LIMITS)) {
      var exchange = new FakeExchange();
      plugin.filter(exchange).onRequestHeaders(exchange.request, true);
      assertThat(exchange.request.get("x-solo")).isEqualTo("hello");
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "ai-data-masking/2.0.3|{}",
        "ai-statistics/2.0.0|{}",
        "gpustack-ai-proxy/2.0.3-patched|{}",
        "gpustack-ext-auth/0.1.3|{}",
        "gpustack-generic-proxy-router/1.0.1|{}",
        "gpustack-ip-acl/0.1.0|{}",
        "gpustack-lb/0.1.2|{}",
        "gpustack-lb-decision-service/0.2.1|{}",
        "gpustack-lb-least-load/0.1.0|{}",
        "gpustack-lb-session-affinity/0.1.0|{\"sessionKeys\":[{\"header\":\"x-session\"}]}",
        "gpustack-rate-limit/1.0.1|{}",
        "gpustack-set-header-pre-route/1.0.1|{\"routeNameHeader\":\"x-route\"}",
        "gpustack-token-usage/1.2.2|{}",
        "transformer/2.0.0|{\"reqRules\":[{\"operate\":\"add\",\"headers\":[{\"key\":\"x-added\",\"value\":\"1\"}]}]}"
      })
  void runsAPluginOfHigress(String name, String configuration) throws IOException {
    Path folder =
        Peers.folder(
            "higress",
            "gpustack_higress_plugins/plugins/transformer/2.0.0/plugin.wasm",
            Map.of(),
            List.of(
                List.of(
                    "pip",
                    "install",
                    "--no-deps",
                    "-q",
                    "--target",
                    ".",
                    "gpustack-higress-plugins==0.5.1")));
    Path file = folder.resolve("gpustack_higress_plugins/plugins/" + name + "/plugin.wasm");
    try (var plugin =
        TestPlugin.ofBinary(
            Files.readAllBytes(file), configuration, LIMITS, folder.resolve("code"))) {
      var exchange = new FakeExchange();
      var filter = plugin.filter(exchange);
      filter.onRequestHeaders(exchange.request, false);
      filter.onRequestBody(new FakeBody("{\"model\":\"m\"}"), true);
      filter.onResponseHeaders(exchange.response, false);
      filter.onResponseBody(new FakeBody("{}"), true);
      filter.onLog();
      filter.onDestroy();

      assertThat(plugin.vm.isAlive()).as(plugin.services.lines.toString()).isTrue();
      if (name.startsWith("transformer")) {
        assertThat(exchange.request.get("x-added")).isEqualTo("1");
      }
    }
  }
}
