package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.testing.LeakCheck;
import dev.sluice.standin.StandIn;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Bounds what LLM calls hold together, in a whole gateway. */
@ExtendWith(LeakCheck.class)
class LlmMemoryTest {
  private static final String LARGE = "word ".repeat(60_000);

  @TempDir private Path folder;
  private final StandIn provider = StandIn.start();
  private SwapGateway gateway;
  private LlmClient client;

  @BeforeEach
  void start() {
    gateway =
        SwapGateway.start(
            folder,
            """
            listeners: [{name: web, address: "127.0.0.1:0"}]
            accessLog: {}
            aiMemory: 1MiB
            providers: [{name: p, format: openai, baseUrl: "%s/v1", keys: [{value: sk-p}]}]
            models: [{name: m, targets: [{provider: p}]}]
            routes: [{name: llm, match: {path: {prefix: /}}, ai: {}}]
            """
                .formatted(provider.url()));
    client = new LlmClient(gateway.address("web").getPort());
  }

  @AfterEach
  void stop() {
    client.close();
    gateway.close();
    provider.close();
  }

  @Test
  void refusesCallsOverTheBoundAndTakesThemAgainLater() {
    var slow = LARGE + "[[standin delay=3000]]";
    var calls = new ArrayList<CompletableFuture<HttpResponse<String>>>();
    for (int i = 0; i < 3; i++) {
      calls.add(
          CompletableFuture.supplyAsync(
              () -> client.chat("m", slow, false), Thread::startVirtualThread));
    }
    await().until(() -> gateway.metric("sluice_ai_held_bytes", "") >= 900_000);

    var over = client.message("m", LARGE, true);
    assertThat(over.statusCode()).isEqualTo(503);
    assertThat(over.body()).contains("\"type\":\"error\"", "overloaded_error", "aiMemory");
    assertThat(client.chat("m", "small", false).statusCode()).isEqualTo(200);
    for (var call : calls) {
      assertThat(call.join().statusCode()).isEqualTo(200);
    }

    await().until(() -> gateway.metric("sluice_ai_held_bytes", "") == 0);
    assertThat(gateway.metric("sluice_ai_overloaded_total", "")).isEqualTo(1);
    assertThat(client.message("m", LARGE, true).statusCode()).isEqualTo(200);
  }

  @Test
  void refusesAnAnswerOverTheBound() {
    provider.behave("sk-p", "words=250000");

    assertThat(client.chat("m", "much", false).statusCode()).isEqualTo(503);
    await().until(() -> gateway.metric("sluice_ai_held_bytes", "") == 0);
    assertThat(client.chat("m", "[[standin words=6000]]", true).body())
        .as("a stream is not held")
        .endsWith("data: [DONE]\n\n");
  }
}
