package dev.sluice.testkit;

import dev.sluice.control.ConfigException;
import dev.sluice.plugin.Headers;
import dev.sluice.testkit.internal.Answers;
import dev.sluice.testkit.internal.CaseReport;
import dev.sluice.testkit.internal.Expectation;
import dev.sluice.testkit.internal.PluginCase;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Runs one case on a fresh plugin. */
final class CaseRun {
  private final PluginCase what;
  private final Supplier<TestkitBuilder> builders;
  private final CaseReport report;
  private final Set<TestCallout> known = new HashSet<>();
  private List<PluginCase.Callout> expected = List.of();
  private int called;
  private String path;

  CaseRun(PluginCase what, Supplier<TestkitBuilder> builders) {
    this.what = what;
    this.builders = builders;
    report = new CaseReport(what.reader());
    path = what.path();
  }

  CaseResult run() {
    long start = System.nanoTime();
    var log = log();
    return new CaseResult(
        what.file(),
        what.reader().line(what.path()),
        what.name(),
        report.differences(),
        log,
        Duration.ofNanos(System.nanoTime() - start));
  }

  private List<LogLine> log() {
    var builder =
        builders
            .get()
            .entry(what.entry().toString())
            .upstreams(what.upstreams().toArray(String[]::new));
    if (what.clock() != null) {
      builder.clock(what.clock());
    }
    PluginTestkit kit;
    try {
      kit = builder.start();
    } catch (ConfigException | TestkitException e) {
      refused(String.valueOf(e.getMessage()));
      return List.of();
    }
    try (kit) {
      if (what.refused() != null) {
        report.add(
            what.path() + ".refused", "the configuration is refused", "the plugin has started");
      }
      what.upstreams().forEach(upstream -> kit.answer(upstream, one -> called(kit, one)));
      for (var step : what.exchanges()) {
        play(kit, step);
      }
      return kit.log();
    } catch (TestkitException | IllegalStateException e) {
      report.add(path, "the case runs to its end", String.valueOf(e.getMessage()));
      return kit.log();
    }
  }

  private void refused(String why) {
    if (what.refused() == null) {
      report.add(what.path(), "the plugin starts", why);
    } else {
      // A plugin's reason comes with more around it: part of it will do.
      report.contained(what.path() + ".refused", what.refused(), why);
    }
  }

  private void play(PluginTestkit kit, PluginCase.Step step) {
    path = step.path();
    expected = step.callouts();
    called = 0;
    if (!step.advance().isZero()) {
      kit.advance(step.advance());
    }
    var request = step.request();
    var exchange = request == null ? null : kit.exchange();
    if (exchange != null && request != null) {
      send(exchange, request);
      respond(kit, exchange, step.response());
    }
    for (int i = called; i < expected.size(); i++) {
      report.add(expected.get(i).path(), "a call to " + expected.get(i).upstream(), "none");
    }
    check(kit, exchange, step.path() + ".expect", step.expect());
  }

  private static void send(TestExchange exchange, PluginCase.Message request) {
    var headers = Answers.request("GET", "/", request.head());
    measure(headers, request);
    var chunks = request.chunks();
    var trailers = request.trailers();
    exchange.requestHeaders(headers, chunks.isEmpty() && trailers == null);
    for (int i = 0; i < chunks.size(); i++) {
      exchange.requestBody(chunks.get(i), i == chunks.size() - 1 && trailers == null);
    }
    if (trailers != null) {
      exchange.requestTrailers(Answers.with(new Headers(), trailers));
    }
  }

  /** Says how long a body is that is sent at once, as clients and upstreams do. */
  private static void measure(Headers headers, PluginCase.Message message) {
    if (message.length() >= 0
        && message.trailers() == null
        && !headers.contains("content-length")) {
      headers.add("content-length", Integer.toString(message.length()));
    }
  }

  private static void respond(PluginTestkit kit, TestExchange exchange, PluginCase.Reply reply) {
    if (!exchange.request().isEnded() || exchange.outcome() != null) {
      return;
    }
    kit.advance(reply.delay());
    var message = reply.message();
    if (message != null) {
      var headers = Answers.headers(reply.status(), message.head());
      measure(headers, message);
      var chunks = message.chunks();
      var trailers = message.trailers();
      boolean open = trailers != null || reply.broken();
      exchange.responseHeaders(headers, chunks.isEmpty() && !open);
      for (int i = 0; i < chunks.size(); i++) {
        exchange.responseBody(chunks.get(i), i == chunks.size() - 1 && !open);
      }
      if (trailers != null && !reply.broken()) {
        exchange.responseTrailers(Answers.with(new Headers(), trailers));
      }
    }
    if (reply.broken()) {
      exchange.upstreamBreaks();
    }
  }

  // Callouts

  private void called(PluginTestkit kit, TestCallout callout) {
    if (!known.add(callout)) {
      return;
    }
    if (called >= expected.size()) {
      report.add(path + ".callouts", "no further call", callout.toString());
      return;
    }
    var should = expected.get(called++);
    if (!should.upstream().equals(callout.upstream())) {
      report.add(should.path() + ".upstream", should.upstream(), callout.toString());
    }
    request(should.path() + ".expect", should.expect(), callout.request());
    if (!should.command().isMissingNode()) {
      command(should, callout.command());
    }
    switch (should.kind()) {
      case PluginCase.Http http -> answer(kit, callout, http.reply());
      case PluginCase.Grpc grpc -> {
        kit.advance(grpc.delay());
        if (!callout.isOver()) {
          callout.respondGrpc(
              grpc.status(), grpc.message(), grpc.messages().toArray(byte[][]::new));
        }
      }
      case PluginCase.Redis redis -> callout.reply(redis.reply());
    }
  }

  private static void answer(PluginTestkit kit, TestCallout callout, PluginCase.Reply reply) {
    kit.advance(reply.delay());
    var message = reply.message();
    if (callout.isOver()) {
      return; // it has not waited so long
    }
    if (message != null && !reply.broken()) {
      callout.respond(
          Answers.headers(reply.status(), message.head()),
          message.chunks(),
          message.trailers() == null ? null : Answers.with(new Headers(), message.trailers()));
    } else if (reply.broken()) {
      callout.fail();
    }
  }

  private void command(PluginCase.Callout should, List<String> words) {
    for (int i = 0; i < Math.max(should.command().size(), words.size()); i++) {
      var word = i < words.size() ? words.get(i) : null;
      var at = should.path() + ".command" + (i < should.command().size() ? "[" + i + "]" : "");
      if (i < should.command().size()) {
        report.compare(at, should.command().get(i), word);
      } else {
        report.add(at, "no further word", String.valueOf(word));
      }
    }
  }

  // What came out

  private void check(
      PluginTestkit kit, @Nullable TestExchange exchange, String at, JsonNode expect) {
    if (exchange != null) {
      if (expect.has("request")) {
        message(at + ".request", expect.path("request"), exchange.request(), true);
      }
      if (expect.has("response")) {
        message(at + ".response", expect.path("response"), exchange.response(), false);
      }
      var outcome = exchange.outcome();
      if (expect.has("answeredBy")) {
        report.compare(
            at + ".answeredBy",
            expect.path("answeredBy"),
            outcome == null
                ? "(not answered)"
                : outcome.answerer().name().toLowerCase(Locale.ROOT));
      }
      if (expect.has("code")) {
        report.compare(
            at + ".code",
            expect.path("code"),
            outcome == null || outcome.code().isEmpty() ? null : outcome.code());
      }
    }
    if (expect.has("log")) {
      report.log(at + ".log", expect.path("log"), kit.log());
    }
    var metrics = kit.metrics();
    for (var metric : expect.path("metrics").properties()) {
      var value = metrics.get(metric.getKey());
      report.compare(
          at + ".metrics." + metric.getKey(),
          metric.getValue(),
          value == null ? null : value.toString());
    }
  }

  private void message(String at, JsonNode expect, TestMessage actual, boolean request) {
    if (expect.isString()) {
      if (actual.hasBegun()) {
        report.add(at, "none", request ? "it reached the upstream" : "status " + actual.status());
      }
      return;
    }
    // What became of the response does not make a complete request less complete.
    boolean broken = actual.reset() != null && !(request && actual.isEnded());
    if (expect.path("broken").asBoolean(false) != broken) {
      report.add(
          at,
          broken ? "complete" : "broken off",
          broken ? "broken off: " + actual.reset() : "not broken off");
    }
    if (!actual.hasBegun() && !broken) {
      report.add(
          at,
          request ? "reaches the upstream" : "reaches the client",
          "nothing did: the plugin holds it, or it was answered otherwise");
      return;
    }
    if (request) {
      request(at, expect, actual);
    } else {
      if (expect.has("status")) {
        report.compare(at + ".status", expect.path("status"), Integer.toString(actual.status()));
      }
      parts(at, expect, actual);
    }
    if (!actual.isEnded() && !broken) {
      report.add(at, "complete", "not at its end: the plugin holds it, or the case sends no more");
    }
  }

  private void request(String at, JsonNode expect, TestMessage actual) {
    var pseudo = List.of("method", ":method", "path", ":path", "host", ":authority");
    for (int i = 0; i < pseudo.size(); i += 2) {
      if (expect.has(pseudo.get(i))) {
        report.compare(
            at + "." + pseudo.get(i), expect.path(pseudo.get(i)), actual.header(pseudo.get(i + 1)));
      }
    }
    parts(at, expect, actual);
  }

  private void parts(String at, JsonNode expect, TestMessage actual) {
    fields(at + ".headers", expect.path("headers"), actual.headers());
    if (expect.has("body")) {
      var mismatch = new Expectation(expect.path("body")).of(actual.bytes());
      if (mismatch != null) {
        report.add(at + ".body", mismatch.expected(), mismatch.actual());
      }
    }
    fields(at + ".trailers", expect.path("trailers"), actual.trailers());
  }

  private void fields(String at, JsonNode expect, @Nullable Headers actual) {
    for (var field : expect.properties()) {
      var values =
          actual == null
              ? List.<String>of()
              : actual.getAll(field.getKey().toLowerCase(Locale.ROOT));
      report.compare(
          at + "." + field.getKey(),
          field.getValue(),
          values.isEmpty() ? null : String.join(", ", values));
    }
  }
}
