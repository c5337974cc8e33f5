package dev.sluice.state.internal.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.engine.HostServiceProvider;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.Vectors;
import dev.sluice.plugin.host.Vectors.Hit;
import dev.sluice.plugin.host.Vectors.Query;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemoryVectorsTest extends VectorsContract {
  private final AtomicLong clock = new AtomicLong();
  private final MemoryVectors memory = new MemoryVectors(clock::get);

  @Override
  VectorCaller open(String scope) {
    return new VectorCaller(memory.open(scope, 1 << 20, Runnable::run));
  }

  @AfterEach
  void close() {
    memory.close();
  }

  @Test
  void isFoundAsAService() {
    assertThat(ServiceLoader.load(HostServiceProvider.class))
        .anyMatch(provider -> provider.type() == Vectors.class);
  }

  @Test
  void forgetsWhatHasExpired() {
    var vectors = open("p");
    vectors.put("a", "short", Map.of(), Duration.ofSeconds(5), 1, 0);
    vectors.put("a", "long", Map.of(), Duration.ofSeconds(50), 1, 0);
    vectors.put("a", "ever", 1, 0);

    clock.addAndGet(Duration.ofSeconds(5).toNanos() - 1);
    assertThat(vectors.keys("a", 9, 1, 0)).containsExactlyInAnyOrder("short", "long", "ever");
    clock.addAndGet(1);
    assertThat(vectors.keys("a", 9, 1, 0)).containsExactlyInAnyOrder("long", "ever");
    assertThat(vectors.delete("a", "short")).isFalse();
    clock.addAndGet(Duration.ofMinutes(1).toNanos());
    assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("ever");
  }

  @Test
  void aReplacementLivesAsLongAsItSays() {
    var vectors = open("p");
    vectors.put("a", "1", Map.of(), Duration.ofSeconds(5), 1, 0);
    vectors.put("a", "1", Map.of(), Duration.ofSeconds(50), 1, 0);

    clock.addAndGet(Duration.ofSeconds(10).toNanos());

    assertThat(vectors.keys("a", 9, 1, 0)).containsExactly("1");
  }

  @Test
  void makesRoomByWhatWasNotFoundForLongest() {
    // Some 770 bytes each.
    var vectors = new VectorCaller(memory.open("small", 8_000, Runnable::run));
    for (int i = 0; i < 8; i++) {
      vectors.put(i % 2 == 0 ? "even" : "odd", "k" + i, 1, i);
    }
    assertThat(vectors.keys("even", 1, 1, 0)).containsExactly("k0");

    for (int i = 8; i < 14; i++) {
      vectors.put("even", "k" + i, 1, i);
    }

    var left = new ArrayList<>(vectors.keys("even", 99, 1, 0));
    left.addAll(vectors.keys("odd", 99, 1, 0));
    assertThat(left).contains("k0", "k13").doesNotContain("k1", "k2").hasSizeBetween(8, 11);
  }

  @Test
  void refusesAnItemThatIsLargerThanAll() {
    var vectors = new VectorCaller(memory.open("tiny", 900, Runnable::run));

    assertThatThrownBy(() -> vectors.put("a", "k".repeat(1_000), 1, 0))
        .isInstanceOf(ServiceException.class)
        .hasMessageContaining("bytes (expected: at most 900)");
  }

  @Test
  void answersOnTheOwnersThread() throws Exception {
    BlockingQueue<Runnable> owner = new LinkedBlockingQueue<>();
    var answer = new CompletableFuture<List<Hit>>();

    memory
        .open("p", 1 << 20, owner::add)
        .search(
            "a",
            new Query(new float[] {1}, 1, 0, Map.of()),
            Completion.of(answer::complete, answer::completeExceptionally));

    var task = owner.poll(30, TimeUnit.SECONDS);
    assertThat(answer).isNotDone();
    assertThat(task).isNotNull();
    Objects.requireNonNull(task).run();
    assertThat(answer).isCompletedWithValue(List.of());
  }

  @Test
  void refusesWhatDoesNotFitIntoTheQueueAndAnswersWhatWaitsWhenItCloses() {
    var block = new CompletableFuture<Void>();
    var stuck = memory.open("p", 1 << 20, task -> block.join());
    var answers = new ArrayList<CompletableFuture<List<Hit>>>();
    var query = new Query(new float[] {1}, 1, 0, Map.of());
    stuck.search("a", query, Completion.of(x -> {}, x -> {}));
    var vectors = memory.open("p", 1 << 20, Runnable::run);

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < MemoryVectors.MAX_WAITING + 2; i++) {
                var answer = new CompletableFuture<List<Hit>>();
                vectors.search(
                    "a", query, Completion.of(answer::complete, answer::completeExceptionally));
                answers.add(answer);
              }
            })
        .isInstanceOf(ServiceException.class)
        .hasMessage("vectors: more than 4096 calls wait");

    memory.close();
    block.complete(null);
    assertThat(answers.getLast())
        .failsWithin(30, TimeUnit.SECONDS)
        .withThrowableThat()
        .withMessageContaining("vectors: closed");
  }
}
