package dev.sluice.polyglot.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.Metrics;
import dev.sluice.plugin.host.Patterns;
import dev.sluice.plugin.host.PluginLog;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.graalvm.polyglot.proxy.ProxyExecutable;
import org.graalvm.polyglot.proxy.ProxyObject;
import org.jspecify.annotations.Nullable;

/**
 * Is all that a context can reach: the functions behind the {@code sluice} object. The prelude
 * keeps them to itself and shows a plugin only what it builds on them. No exception of the host
 * passes through a script: what may fail answers {@code [true, value]} or {@code [false, reason,
 * message]}. On the script thread.
 */
final class HostBridge {
  /** Host calls that one context may have under way, so that a flood of them stays small. */
  private static final int MOST_IN_FLIGHT = 1024;

  private static final int MOST_PATTERN_SETS = 256;
  private static final int MOST_LOG_CHARACTERS = 8192;

  private final ScriptVm vm;
  private final HostCalls calls;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final List<Patterns.PatternSet> patternSets = new ArrayList<>();
  private long lastCall;

  HostBridge(ScriptVm vm) {
    this.vm = vm;
    calls = new HostCalls(vm.context().services());
  }

  /** Returns how many host calls have not been answered yet. */
  int inFlight() {
    return inFlight.get();
  }

  /** Returns the functions for the prelude. */
  ProxyObject functions() {
    Map<String, Object> functions = new HashMap<>();
    functions.put("log", (ProxyExecutable) this::log);
    functions.put(
        "wall", (ProxyExecutable) in -> clock(vm.context().services().clock().wallNanos()));
    functions.put(
        "monotonic",
        (ProxyExecutable) in -> clock(vm.context().services().clock().monotonicNanos()));
    functions.put("defineMetric", checked(this::defineMetric));
    functions.put("addMetric", checked(this::addMetric));
    functions.put("setMetric", checked(this::setMetric));
    functions.put("compilePatterns", checked(this::compilePatterns));
    functions.put("scanPatterns", checked(this::scanPatterns));
    functions.put("matchPatterns", checked(this::matchPatterns));
    functions.put("call", checked(this::call));
    functions.put("finished", checked(this::finished));
    functions.put("failed", (ProxyExecutable) this::failed);
    functions.put("unhandled", (ProxyExecutable) this::unhandled);
    return ProxyObject.fromMap(functions);
  }

  /** Returns a function by which a script reads the bytes of a callback, as it needs them. */
  static ProxyExecutable reader(ScriptLanguage language, byte[] body) {
    return in ->
        switch (in[0].asString()) {
          case "text" -> new String(body, StandardCharsets.UTF_8);
          case "bytes" -> ScriptValues.toGuest(language, body.clone());
          default -> body.length;
        };
  }

  private ProxyExecutable checked(ProxyExecutable function) {
    return in -> {
      try {
        return ProxyArray.fromArray(
            true, ScriptValues.toGuest(vm.language(), function.execute(in)));
      } catch (ServiceException e) {
        return ProxyArray.fromArray(false, e.reason().name(), String.valueOf(e.getMessage()));
      } catch (IllegalArgumentException | ArithmeticException | ClassCastException e) {
        return ProxyArray.fromArray(
            false, Reason.BAD_ARGUMENT.name(), String.valueOf(e.getMessage()));
      }
    };
  }

  private static Object clock(long nanos) {
    return nanos / 1e6;
  }

  private @Nullable Object log(Value... in) {
    var levels = PluginLog.Level.values();
    var level = levels[Math.clamp(in[0].asInt(), 0, levels.length - 1)];
    var text = in[1].asString();
    vm.context()
        .services()
        .log()
        .log(
            level,
            text.length() > MOST_LOG_CHARACTERS
                ? text.substring(0, MOST_LOG_CHARACTERS) + "…"
                : text);
    return null;
  }

  private Metrics metrics() {
    return vm.context().services().metrics();
  }

  private Object defineMetric(Value... in) {
    return metrics().define(Metrics.Type.valueOf(in[0].asString()), in[1].asString());
  }

  private @Nullable Object addMetric(Value... in) {
    metrics().increment(in[0].asInt(), (long) in[1].asDouble());
    return null;
  }

  private @Nullable Object setMetric(Value... in) {
    metrics().record(in[0].asInt(), (long) in[1].asDouble());
    return null;
  }

  private Object compilePatterns(Value... in) {
    if (patternSets.size() == MOST_PATTERN_SETS) {
      throw new ServiceException(
          Reason.LIMIT,
          "patterns.compile: " + MOST_PATTERN_SETS + " sets exist (expected: compiled once)");
    }
    var patterns = new ArrayList<Patterns.Pattern>();
    for (var each : new Arguments("patterns.compile", list(in[0])).list(0, "patterns")) {
      var fields = new Arguments("patterns.compile", new ArrayList<>((List<?>) each));
      patterns.add(
          new Patterns.Pattern(
              Patterns.Kind.valueOf(fields.text(0, "kind")),
              fields.text(1, "text"),
              Boolean.TRUE.equals(fields.optional(2)),
              Boolean.TRUE.equals(fields.optional(3))));
    }
    patternSets.add(vm.context().services().patterns().compile(patterns));
    return patternSets.size() - 1;
  }

  private static List<@Nullable Object> list(Value value) {
    var list = new ArrayList<@Nullable Object>();
    list.add(ScriptValues.toHost(value));
    return list;
  }

  private static byte[] text(Value value) {
    return Objects.requireNonNullElse(ScriptValues.bytes(value), new byte[0]);
  }

  private Object scanPatterns(Value... in) {
    var numbers = new ArrayList<Object>();
    for (var match : patternSets.get(in[0].asInt()).scan(text(in[1]), in[2].asInt())) {
      numbers.add(match.pattern());
      numbers.add(match.start());
      numbers.add(match.end());
    }
    return numbers;
  }

  private Object matchPatterns(Value... in) {
    return patternSets.get(in[0].asInt()).matches(text(in[1]));
  }

  private Object call(Value... in) {
    var arguments = ScriptValues.toHost(in[1]);
    var read =
        new Arguments(
            in[0].asString(), new ArrayList<>((List<?>) Objects.requireNonNull(arguments)));
    var asker = vm.turn();
    var prepared =
        calls.prepare(read, asker, () -> vm.isAlive() && (asker == null || !asker.isAbandoned()));
    if (inFlight.get() >= MOST_IN_FLIGHT) {
      throw new ServiceException(
          Reason.LIMIT,
          in[0].asString() + ": " + MOST_IN_FLIGHT + " host calls are in flight (expected: fewer)");
    }
    long id = ++lastCall;
    inFlight.incrementAndGet();
    var completion =
        Completion.<Object>of(
            value ->
                answer(
                    () ->
                        vm.settle(asker, id, true, ScriptValues.toGuest(vm.language(), value), "")),
            error ->
                answer(
                    () ->
                        vm.settle(
                            asker,
                            id,
                            false,
                            error.reason().name(),
                            String.valueOf(error.getMessage()))));
    vm.context()
        .executor()
        .execute(
            () -> {
              try {
                prepared.start(completion);
              } catch (ServiceException e) {
                completion.failed(e);
              }
            });
    return id;
  }

  /** Brings an answer to the script thread. */
  private void answer(Runnable settle) {
    vm.thread()
        .execute(
            () -> {
              inFlight.decrementAndGet();
              settle.run();
            });
  }

  private @Nullable Object finished(Value... in) {
    vm.finished(
        in[0].asLong(),
        new Invocation.Outcome(
            ScriptValues.text(in[1]),
            ScriptValues.bytes(in[2]),
            in[3].asBoolean(),
            response(in[4])));
    return null;
  }

  private static @Nullable LocalResponse response(Value value) {
    if (value.isNull()) {
      return null;
    }
    var fields = value.getArrayElement(2);
    var body = ScriptValues.bytes(value.getArrayElement(3));
    return new LocalResponse(
        value.getArrayElement(0).asInt(),
        value.getArrayElement(1).asString(),
        fields.isNull() ? new Headers(1) : HeaderLines.read(fields.asString()),
        body == null ? new byte[0] : body,
        -1);
  }

  private @Nullable Object failed(Value... in) {
    vm.rejected(in[0].asLong(), in[1]);
    return null;
  }

  private @Nullable Object unhandled(Value... in) {
    vm.unhandled(in[0]);
    return null;
  }
}
