package dev.sluice.ai;

import dev.sluice.plugin.Headers;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Routes every call to the same targets, one after another, and keeps what it is told. */
final class TestTargets implements ModelRouter {
  /** Is a target: the upstream of that name, which is the provider's name too. */
  record To(String upstream, AiFormat format, Timeouts timeouts) implements Target {
    @Override
    public String provider() {
      return upstream;
    }

    @Override
    public String model() {
      return upstream + "-model";
    }

    @Override
    public String authority() {
      return "";
    }

    @Override
    public void sign(ProviderRequest request, Headers headers) {
      headers.set(":path", "/base" + request.path());
      headers.add("authorization", "Bearer secret-of-" + upstream);
    }
  }

  final Queue<Failed> failures = new ConcurrentLinkedQueue<>();
  final Queue<AttemptEnd> ends = new ConcurrentLinkedQueue<>();
  private final List<Target> targets;

  TestTargets(Target... targets) {
    this.targets = List.of(targets);
  }

  static Target to(String upstream, AiFormat format) {
    return new To(upstream, format, Timeouts.NONE);
  }

  @Override
  public Choice choose(AiCall call, Facts facts, Consumer<Choice> later) {
    var left = new ArrayDeque<>(targets);
    return new Choice() {
      @Override
      public @Nullable Target next(@Nullable Failed before) {
        if (before != null) {
          failures.add(before);
        }
        return left.poll();
      }

      @Override
      public void ended(Target target, AttemptEnd end) {
        ends.add(end);
      }
    };
  }

  @Override
  public List<String> models(Facts facts) {
    return List.of("one", "two");
  }
}
