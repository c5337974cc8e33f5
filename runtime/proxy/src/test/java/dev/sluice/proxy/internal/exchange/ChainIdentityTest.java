package dev.sluice.proxy.internal.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Throws random filters at random messages: what goes in comes out, and every byte is credited. */
class ChainIdentityTest {
  private static final int ROUNDS = 3000;

  @Test
  void whateverFiltersHoldAndReleaseTheMessageStaysTheSame() {
    long seed = System.nanoTime();
    System.out.println("ChainIdentityTest seed " + seed);
    var random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      for (var direction : Direction.values()) {
        exchange(random, direction, "seed " + seed + ", round " + round);
      }
    }
  }

  private static void exchange(Random random, Direction direction, String where) {
    var chain = new Probe[1 + random.nextInt(3)];
    for (int i = 0; i < chain.length; i++) {
      chain[i] = new Probe("p" + i);
      chain[i].bodyBuffer = 1 << 16;
      for (var callback : Callback.values()) {
        if (callback.name().startsWith("AI")) {
          continue;
        }
        if (random.nextInt(4) == 0) {
          chain[i].without(callback);
        }
        chain[i].on(callback, call -> react(random, direction, callback, call));
      }
    }
    try (var harness = new ChainHarness(chain)) {
      var sent = new StringBuilder();
      boolean bare = random.nextInt(6) == 0;
      boolean trailers = !bare && random.nextInt(3) == 0;
      harness.headers(direction, bare);
      turnAll(harness, chain, direction, random, false);
      if (harness.upstreamHandler == null && direction == Direction.RESPONSE) {
        throw new AssertionError("the request did not go through: " + where);
      }
      for (int pieces = bare ? 0 : 1 + random.nextInt(5); pieces > 0; pieces--) {
        var piece = "x".repeat(random.nextInt(9)) + pieces;
        sent.append(piece);
        harness.data(direction, piece, pieces == 1 && !trailers);
        turnAll(harness, chain, direction, random, false);
      }
      if (trailers) {
        harness.trailers(direction);
      }
      turnAll(harness, chain, direction, random, true);
      var out = harness.out(direction);
      assertThat(out.headers).as(where).isNotNull();
      assertThat(out.body()).as(where).isEqualTo(sent.toString());
      assertThat(out.ended).as(where).isTrue();
      assertThat(out.trailers != null).as(where).isEqualTo(trailers);
      harness.written(direction);
      assertThat(harness.source(direction).consumed).as(where).isEqualTo(sent.length());
    }
  }

  /**
   * Lets time pass, and filters that hold resume: sometimes, or in the end until nothing is held.
   */
  private static void turnAll(
      ChainHarness harness, Probe[] chain, Direction direction, Random random, boolean end) {
    for (int i = 0; i < (end ? 12 : 1); i++) {
      for (var probe : chain) {
        if (probe.stream != null && (end || random.nextInt(3) == 0)) {
          probe.theStream().resume(direction);
        }
      }
      harness.turn();
    }
  }

  private static FilterStatus react(
      Random random, Direction direction, Callback callback, Probe.Call call) {
    boolean other =
        direction == Direction.REQUEST
            ? !callback.name().startsWith("REQUEST")
            : !callback.name().startsWith("RESPONSE");
    if (other) {
      return FilterStatus.CONTINUE;
    }
    var body = call.body();
    if (body != null && random.nextInt(3) == 0) {
      body.set(body.toByteArray());
    }
    int choice = random.nextInt(6);
    if (choice == 0) {
      return FilterStatus.STOP_ITERATION_AND_BUFFER;
    }
    if (choice == 1) {
      return FilterStatus.STOP_ITERATION_AND_WATERMARK;
    }
    if (choice == 2) {
      if (body != null && body.length() > 0) {
        // Takes the bytes and sends them on itself.
        var text = new String(body.toByteArray(), StandardCharsets.ISO_8859_1);
        call.stream().inject(direction, text.getBytes(StandardCharsets.ISO_8859_1), false);
      }
      return FilterStatus.STOP_ITERATION;
    }
    return FilterStatus.CONTINUE;
  }
}
