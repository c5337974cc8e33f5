package dev.sluice.benchmarks;

import dev.sluice.benchmarks.internal.Prose;
import dev.sluice.benchmarks.internal.ServiceUnderTest;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.Patterns.Kind;
import dev.sluice.plugin.host.Patterns.Match;
import dev.sluice.plugin.host.Patterns.Pattern;
import dev.sluice.plugin.host.Patterns.PatternSet;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
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

/** Measures the scan of 1 KiB of prose for many patterns, whole and in pieces of 16 bytes. */
@State(Scope.Thread)
@BenchmarkMode({Mode.AverageTime, Mode.SampleTime})
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the fields.
public class PatternBench {
  private static final int TEXTS = 64;
  private static final int PIECE = 16;

  /** How many patterns are sought. */
  @Param({"10", "1000", "10000"})
  public int patterns;

  /**
   * What they are: phrases, phrases with one expression in twenty, of which a fifth has no literal
   * that it needs, or expressions alone.
   */
  @Param({"literals", "mixed", "expressions"})
  public String kind;

  private PatternSet set;
  private byte[][] texts;
  private int next;

  /** Compiles the patterns and writes texts. */
  @Setup
  public void compile() {
    var prose = new Prose(7);
    var list = new ArrayList<Pattern>();
    for (int i = 0; i < patterns; i++) {
      boolean expression = kind.equals("expressions") || (kind.equals("mixed") && i % 20 == 19);
      list.add(
          expression
              ? new Pattern(Kind.EXPRESSION, expression(prose, i), i % 2 == 0, false)
              : new Pattern(Kind.LITERAL, phrase(prose), i % 2 == 0, i % 3 == 0));
    }
    set = ServiceUnderTest.open(Patterns.class).compile(list);
    texts = new byte[TEXTS][];
    for (int i = 0; i < TEXTS; i++) {
      texts[i] = Arrays.copyOf(prose.words(300).getBytes(StandardCharsets.US_ASCII), 1024);
    }
  }

  private static String phrase(Prose prose) {
    return prose.word() + prose.word() + " " + prose.word() + prose.word();
  }

  private static String expression(Prose prose, int number) {
    return switch (number / 20 % 5) {
      case 0 -> phrase(prose) + "[0-9]{4,}";
      case 1 -> "(?:my|your) " + phrase(prose) + "\\s+is";
      case 2 -> phrase(prose) + ".{0,20}" + prose.word();
      case 3 -> "\\b" + phrase(prose) + "-[a-f0-9]+";
      default -> "\\b[0-9]{3}[- ]?[0-9]{" + (2 + number % 7) + "}[- ]?[0-9]{4}\\b";
    };
  }

  /** Scans a whole text. */
  @Benchmark
  public List<Match> scan() {
    next = (next + 1) % TEXTS;
    return set.scan(texts[next], 1_000);
  }

  /** Scans a text as a model streams it. */
  @Benchmark
  public long stream() {
    next = (next + 1) % TEXTS;
    var text = texts[next];
    var scan = set.open();
    for (int at = 0; at < text.length; at += PIECE) {
      scan.feed(Arrays.copyOfRange(text, at, at + PIECE), at + PIECE == text.length);
    }
    return scan.safe();
  }
}
