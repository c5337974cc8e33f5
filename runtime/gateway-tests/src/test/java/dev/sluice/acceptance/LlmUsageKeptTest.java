package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.standin.StandIn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Ends gateways in each way there is, and asks the next one what its consumers have used. */
class LlmUsageKeptTest {
  @TempDir private Path folder;

  private GatewayProcess start(StandIn provider) {
    return GatewayProcess.start(
        folder,
        """
        accessLog: {}
        listeners: [{name: web, address: "127.0.0.1:0"}]
        providers: [{name: openai, format: openai, baseUrl: "%s/v1", keys: [{value: sk-provider}]}]
        models: [{name: gpt, targets: [{provider: openai, model: stand-in}], price: {input: 2.5, output: 10, per: 1M}}]
        routes: [{name: llm, match: {path: {prefix: /}}, ai: {}}]
        state: {usage: {path: usage.journal}}
        """
            .formatted(provider.url()),
        "-XX:TieredStopAtLevel=1");
  }

  private static void call(GatewayProcess gateway, int times) {
    try (var client = new LlmClient(gateway.address("web").getPort())) {
      for (int i = 0; i < times; i++) {
        assertThat(client.chat("gpt", "Any news?", i == 1).statusCode()).isEqualTo(200);
      }
    }
  }

  private static JsonNode usage(GatewayProcess gateway) {
    return LlmClient.json(gateway.get("/ai/usage?groupBy=model,provider,route").body());
  }

  @Test
  void bringsBackWhatWasUsedHoweverTheProcessEnded() throws IOException {
    var journal = folder.resolve("usage.journal");
    JsonNode before;
    try (var provider = StandIn.start()) {
      try (var gateway = start(provider)) {
        call(gateway, 3);
        await().until(() -> usage(gateway).at("/total/requests").asInt() == 3);
        before = usage(gateway);
        gateway.terminate();
        assertThat(gateway.exitCode()).isZero();
      }
      // From here on by kill -9, once the journal has it.
      try (var gateway = start(provider)) {
        assertThat(usage(gateway)).isEqualTo(before);
        call(gateway, 2);
        await().until(() -> Files.readString(journal).contains("\"requests\":5,"));
      }
      Files.writeString(journal, "0badc0de {\"consumer\":", StandardOpenOption.APPEND);
      try (var gateway = start(provider)) {
        var after = usage(gateway);
        assertThat(after.at("/total/requests").asInt()).isEqualTo(5);
        assertThat(after.path("since")).isEqualTo(before.path("since"));
        assertThat(after.path("problem").asString()).contains("1 damaged lines");
        assertThat(gateway.log()).contains("usage.journal had 1 damaged lines");
        assertThat(gateway.metric("sluice_usage_journal_failures_total", "")).isEqualTo(1);
      }
    }
  }
}
