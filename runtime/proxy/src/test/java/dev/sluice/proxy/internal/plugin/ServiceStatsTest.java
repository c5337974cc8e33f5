package dev.sluice.proxy.internal.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Embedder;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.plugin.host.Tokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ServiceStatsTest {
  private final ServiceStats stats = new ServiceStats();
  private final List<Object> answers = new ArrayList<>();

  private Completion<Long> completion() {
    return Completion.of(answers::add, answers::add);
  }

  @Test
  void countsCallsFailuresAndTheirTime() {
    Tokens tokens =
        stats.counting(
            Tokens.class,
            "tokens",
            (model, text, completion) -> {
              switch (text) {
                case "slow" ->
                    completion.failed(new ServiceException(Reason.TIMEOUT, "took too long"));
                case "full" -> throw new ServiceException(Reason.LIMIT, "too much");
                default -> completion.succeeded(3L);
              }
            });

    tokens.count("m", "good", completion());
    tokens.count("m", "slow", completion());
    assertThatThrownBy(() -> tokens.count("m", "full", completion())).hasMessage("too much");

    assertThat(answers).hasSize(2).first().isEqualTo(3L);
    var metric = stats.metrics("p").getFirst();
    assertThat(metric.plugin()).isEqualTo("p");
    assertThat(metric.service() + "." + metric.operation()).isEqualTo("tokens.count");
    assertThat(metric.calls()).isEqualTo(3);
    assertThat(metric.failures()).isEqualTo(Map.of("timeout", 1L, "limit", 1L));
    assertThat(metric.durations().stream().mapToLong(Long::longValue).sum()).isEqualTo(2);
    assertThat(metric.seconds()).isPositive();
  }

  @Test
  void passesOnWhatAnswersAtOnce() {
    Embedder embedder = stats.counting(Embedder.class, "embed", new TinyEmbedder());

    assertThat(embedder.model()).isEqualTo("tiny");
    assertThat(embedder.dimensions()).isEqualTo(7);
    assertThat(stats.metrics("p")).isEmpty();
  }

  private static final class TinyEmbedder implements Embedder {
    @Override
    public String model() {
      return "tiny";
    }

    @Override
    public int dimensions() {
      return 7;
    }

    @Override
    public void embed(List<String> texts, Completion<List<float[]>> completion) {}
  }
}
