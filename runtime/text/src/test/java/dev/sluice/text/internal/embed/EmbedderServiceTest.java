package dev.sluice.text.internal.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EmbedderServiceTest {
  private static final String TWO =
      """
      {"data": [{"index": 1, "embedding": [0, 2]}, {"index": 0, "embedding": [3, 4]}]}\
      """;

  private final EmbedderService service = new EmbedderService();
  private final BlockingQueue<Runnable> owner = new LinkedBlockingQueue<>();
  private final Embedder embedder = service.open(owner::add);
  private final List<String> requests = new ArrayList<>();
  private final CountDownLatch release = new CountDownLatch(1);
  private final HttpServer server = newServer();
  private volatile int status = 200;
  private volatile String answer = TWO;
  private volatile boolean holds;

  private static HttpServer newServer() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeEach
  void start() {
    server.createContext("/v1/embeddings", this::handle);
    server.start();
  }

  @AfterEach
  void stop() {
    release.countDown();
    service.close();
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    requests.add(exchange.getRequestHeaders().getFirst("authorization") + " " + body);
    if (holds) {
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    var bytes = answer.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private void useServer(String... more) {
    var settings = new HashMap<String, String>();
    settings.put("url", "http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
    settings.put("model", "tiny");
    settings.put("key", "sk-1");
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    service.configure(settings);
  }

  @Test
  void isFoundAsAService() {
    assertThat(ServiceLoader.load(HostServiceProvider.class))
        .anyMatch(provider -> provider.type() == Embedder.class);
  }

  @Test
  void embedsInTheProcessOnTheOwnersThread() {
    var answer =
        embed("How do I reset my password?", "I forgot my password.", "Bananas are yellow");

    var vectors = answer.join();

    assertThat(embedder.model()).isEqualTo("all-MiniLM-L6-v2-q");
    assertThat(embedder.dimensions()).isEqualTo(384);
    assertThat(MiniLmTest.cosine(vectors.get(0), vectors.get(1))).isGreaterThan(0.6);
    assertThat(MiniLmTest.cosine(vectors.get(0), vectors.get(2))).isLessThan(0.3);
  }

  @Test
  void remembersWhatItEmbedded() {
    var first = embed("one", "two").join();
    first.get(0)[0] = 77;

    var again = embed("two", "three", "one").join();

    assertThat(service.remembered()).isEqualTo(3);
    assertThat(again.get(0)).isEqualTo(first.get(1));
    assertThat(again.get(2)[0]).isBetween(-1f, 1f);
  }

  @Test
  void answersManyCallsEachItsOwn() {
    var calls = new ArrayList<CompletableFuture<List<float[]>>>();
    for (int i = 0; i < 100; i++) {
      calls.add(call("text number " + i));
    }

    runOwner(calls);

    var alone = new EmbedderService();
    for (int i = 0; i < 100; i += 33) {
      var reference = new CompletableFuture<List<float[]>>();
      alone.open(Runnable::run).embed(List.of("text number " + i), completing(reference));
      assertThat(MiniLmTest.cosine(calls.get(i).join().getFirst(), reference.join().getFirst()))
          .isGreaterThan(0.98);
    }
    alone.close();
  }

  @Test
  void answersAnErrorWhenTheQueueIsFullInsteadOfWaiting() {
    var calls = new ArrayList<CompletableFuture<List<float[]>>>();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 2_000; i++) {
                calls.add(call("a long text number " + i + " and more".repeat(200)));
              }
            })
        .isInstanceOfSatisfying(
            ServiceException.class, e -> assertThat(e.reason()).isEqualTo(Reason.LIMIT))
        .hasMessageContaining("too much waits");

    service.close();
    runOwner(calls);

    assertThat(calls).anyMatch(CompletableFuture::isCompletedExceptionally);
  }

  @Test
  void refusesTooManyAndTooLongTexts() {
    assertThatThrownBy(() -> call()).hasMessage("embed: 0 texts (expected: 1..256)");
    assertThatThrownBy(() -> call("a".repeat(70_000)))
        .hasMessage("embed: a text of 70000 characters (expected: at most 65536)");
  }

  @Test
  void failsOnlyTheCallWhoseTextIsTooLong() {
    var good = call("hello");
    var bad = call("a ".repeat(9_000));
    var alsoGood = call("world");

    runOwner(List.of(good, bad, alsoGood));

    assertThat(good).isCompleted();
    assertThat(alsoGood).isCompleted();
    assertThat(reason(bad)).isEqualTo(Reason.LIMIT);
  }

  @Test
  void asksAnEndpointAndKeepsTheOrderOfTheTexts() {
    useServer();

    var vectors = embed("first", "second").join();

    assertThat(vectors.get(0)).containsExactly(0.6f, 0.8f);
    assertThat(vectors.get(1)).containsExactly(0f, 1f);
    assertThat(embedder.model()).isEqualTo("tiny");
    assertThat(embedder.dimensions()).isEqualTo(2);
    assertThat(requests)
        .containsExactly(
            "Bearer sk-1 {\"model\":\"tiny\",\"encoding_format\":\"float\","
                + "\"input\":[\"first\",\"second\"]}");
  }

  @Test
  void asksOnlyForWhatItDoesNotRemember() {
    useServer();
    embed("first", "second").join();
    answer = "{\"data\": [{\"embedding\": [1, 0]}]}";

    var vectors = embed("third", "second").join();

    assertThat(vectors.get(0)).containsExactly(1f, 0f);
    assertThat(vectors.get(1)).containsExactly(0f, 1f);
    assertThat(requests.getLast()).endsWith("[\"third\"]}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401|{\"error\":{\"message\":\"bad key\"}}|answered 401: bad key",
        "500|oops|answered 500",
        "200|oops|answered no JSON",
        "200|{\"data\":[]}|answered 0 vectors (expected: 2)",
        "200|{\"data\":[{\"index\":7,\"embedding\":[1]}]}|answered index 7 (expected: each of"
            + " 0..1)",
        "200|{\"data\":[{\"embedding\":[]}]}|answered an embedding that is no list of numbers",
        "200|{\"data\":[{\"embedding\":[1]},{\"embedding\":[1,2]}]}|different lengths"
      })
  void saysWhatIsWrongWithAnAnswer(int code, String body, String message) {
    useServer();
    status = code;
    answer = body;

    var failed = embed("first", "second");

    assertThat(reason(failed)).isEqualTo(Reason.UNAVAILABLE);
    assertThat(failed)
        .failsWithin(0, TimeUnit.SECONDS)
        .withThrowableThat()
        .withMessageContaining("embed: tiny at 127.0.0.1: ")
        .withMessageContaining(message)
        .withMessageNotContaining("sk-1");
  }

  @Test
  void givesUpAfterTheTimeout() {
    holds = true;
    useServer("timeout", "50");

    assertThat(reason(embed("first", "second"))).isEqualTo(Reason.TIMEOUT);
  }

  @Test
  void refusesVectorsOfAnotherSizeThanConfigured() {
    useServer("dimensions", "3");

    assertThat(embed("first", "second"))
        .failsWithin(0, TimeUnit.SECONDS)
        .withThrowableThat()
        .withMessageContaining("answered vectors of 2 dimensions (expected: 3)");
    assertThat(requests.getLast()).endsWith("\"dimensions\":3}");
  }

  @Test
  void boundsTheCallsInFlight() {
    holds = true;
    useServer();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i <= RemoteModel.MAX_CALLS; i++) {
                call("text " + i);
              }
            })
        .hasMessageContaining("64 calls of 127.0.0.1 are in flight");
  }

  @Test
  void isConfiguredAnewWithoutOpeningAgain() {
    useServer();
    embed("first", "second").join();

    service.configure(Map.of());

    assertThat(embedder.model()).isEqualTo("all-MiniLM-L6-v2-q");
    assertThat(embed("first").join().getFirst()).hasSize(384);
  }

  @Test
  void refusesSettingsThatDoNotNameAnEndpoint() {
    assertThatThrownBy(() -> service.configure(Map.of("url", "ftp://x", "model", "m")))
        .hasMessage("url: ftp://x (expected: http:// or https://)");
    assertThatThrownBy(() -> service.configure(Map.of("url", "http://x")))
        .hasMessageStartingWith("model: missing");
  }

  private CompletableFuture<List<float[]>> call(String... texts) {
    var answer = new CompletableFuture<List<float[]>>();
    embedder.embed(List.of(texts), completing(answer));
    return answer;
  }

  private static Completion<List<float[]>> completing(CompletableFuture<List<float[]>> answer) {
    return Completion.of(answer::complete, answer::completeExceptionally);
  }

  private CompletableFuture<List<float[]>> embed(String... texts) {
    var answer = call(texts);
    assertThat(answer).isNotDone();
    runOwner(List.of(answer));
    return answer;
  }

  private void runOwner(List<CompletableFuture<List<float[]>>> calls) {
    try {
      for (int i = 0; i < calls.size(); i++) {
        Objects.requireNonNull(owner.poll(60, TimeUnit.SECONDS)).run();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    assertThat(calls).allMatch(CompletableFuture::isDone);
  }

  private static Reason reason(CompletableFuture<List<float[]>> answer) {
    return ((ServiceException) answer.exceptionNow()).reason();
  }
}
