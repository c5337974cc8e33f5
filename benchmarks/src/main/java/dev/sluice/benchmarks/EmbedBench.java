package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.Prose;
import dev.sluice.benchmarks.internal.ServiceUnderTest;
import dev.sluice.plugin.host.Embedder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Measures the embedding of texts by the model in the process, from the call to its answer; no text
 * comes twice.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class EmbedBench {
  /** How many tokens a text has. */
  @Param({"20", "200"})
  public int tokens;

  /** How many texts a call has. */
  @Param({"1", "16"})
  public int texts;

  private static final List<String> WORDS =
      List.of("the", "time", "house", "people", "water", "city", "school", "music", "green", "run");

  private final Prose prose = new Prose(3);
  private Embedder embedder;

  /** Loads the model. */
  @Setup
  public void load() {
    embedder = ServiceUnderTest.open(Embedder.class);
    embed();
  }

  /** Embeds the texts of one call. */
  @Benchmark
  public List<float[]> embed() {
    var batch = new ArrayList<String>(texts);
    for (int i = 0; i < texts; i++) {
      // Words that are one token each.
      var text = new StringBuilder();
      for (int word = 0; word < tokens; word++) {
        text.append(WORDS.get(prose.number(WORDS.size()))).append(' ');
      }
      batch.add(text.toString());
    }
    return ServiceUnderTest.answer(done -> embedder.embed(batch, done));
  }
}
