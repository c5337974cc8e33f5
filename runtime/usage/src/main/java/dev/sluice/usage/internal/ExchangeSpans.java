package dev.sluice.usage.internal;

import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.TraceContext;
import dev.sluice.usage.UsageRecord;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes the spans of an exchange when it has ended: one for what the client asked, and below it one
 * for what the upstream was asked, by the GenAI conventions on AI routes. No text of the exchange
 * is in them, and no query, which may hold credentials.
 */
final class ExchangeSpans {
  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");
  private static final AttributeKey<List<String>> FINISH_REASONS =
      AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

  private final Tracer tracer;
  private final PlannedIds ids;

  ExchangeSpans(Tracer tracer, PlannedIds ids) {
    this.tracer = tracer;
    this.ids = ids;
  }

  void add(ExchangeRecord exchange, TraceContext trace, @Nullable UsageRecord usage) {
    long start = exchange.startWallNanos();
    long end = start + exchange.durationNanos();
    var parent =
        trace.parentSpanId().isEmpty()
            ? Context.root()
            : below(trace.traceId(), trace.parentSpanId());
    ids.plan(trace.traceId(), trace.spanId());
    var server =
        server(exchange, parent).setStartTimestamp(start, TimeUnit.NANOSECONDS).startSpan();
    fail(server, exchange);
    if (exchange.attempts() > 0 || usage != null) {
      var inside = below(trace.traceId(), trace.spanId());
      ids.plan(trace.traceId(), trace.upstreamSpanId());
      var builder = usage == null ? client(exchange) : model(exchange, usage);
      var client =
          builder
              .setParent(inside)
              .setSpanKind(SpanKind.CLIENT)
              .setStartTimestamp(start, TimeUnit.NANOSECONDS)
              .startSpan();
      if (usage != null) {
        attempts(client, usage);
      }
      fail(client, exchange);
      client.end(end, TimeUnit.NANOSECONDS);
    }
    server.end(end, TimeUnit.NANOSECONDS);
  }

  private static Context below(String trace, String span) {
    return Context.root()
        .with(
            Span.wrap(
                SpanContext.createFromRemoteParent(
                    trace, span, TraceFlags.getSampled(), TraceState.getDefault())));
  }

  private SpanBuilder server(ExchangeRecord exchange, Context parent) {
    var method = METHODS.contains(exchange.method()) ? exchange.method() : "_OTHER";
    var route = exchange.route();
    var builder =
        tracer
            .spanBuilder(route == null ? method : method + " " + route)
            .setParent(parent)
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("http.request.method", method)
            .setAttribute("url.path", path(exchange.path()))
            .setAttribute("url.scheme", exchange.connection().tls() == null ? "http" : "https")
            .setAttribute("server.address", exchange.authority())
            .setAttribute("network.protocol.version", version(exchange))
            .setAttribute("http.request.body.size", exchange.requestBytes())
            .setAttribute("http.response.body.size", exchange.responseBytes())
            .setAttribute("sluice.request.id", exchange.requestId());
    if (exchange.status() > 0) {
      builder.setAttribute("http.response.status_code", exchange.status());
    }
    if (route != null) {
      builder.setAttribute("sluice.route", route);
    }
    var identity = exchange.identity();
    if (identity != null) {
      builder.setAttribute("sluice.consumer", identity.name());
    }
    if (exchange.connection().remoteAddress() instanceof InetSocketAddress peer
        && peer.getAddress() != null) {
      builder.setAttribute("client.address", peer.getAddress().getHostAddress());
    }
    return builder;
  }

  private static String version(ExchangeRecord exchange) {
    var text = exchange.connection().protocol().text();
    return text.substring(text.indexOf('/') + 1);
  }

  private static String path(String path) {
    int query = path.indexOf('?');
    return query < 0 ? path : path.substring(0, query);
  }

  private SpanBuilder client(ExchangeRecord exchange) {
    var method = METHODS.contains(exchange.method()) ? exchange.method() : "_OTHER";
    var builder =
        tracer
            .spanBuilder(method + " " + Objects.requireNonNullElse(exchange.upstream(), ""))
            .setAttribute("http.request.method", method);
    place(builder, exchange);
    if (exchange.attempts() > 1) {
      builder.setAttribute("http.request.resend_count", exchange.attempts() - 1L);
    }
    return builder;
  }

  private static void place(SpanBuilder builder, ExchangeRecord exchange) {
    var endpoint = exchange.endpoint();
    if (endpoint != null) {
      builder
          .setAttribute("server.address", endpoint.getHostString())
          .setAttribute("server.port", endpoint.getPort());
    }
    var upstream = exchange.upstream();
    if (upstream != null) {
      builder.setAttribute("sluice.upstream", upstream);
    }
  }

  private SpanBuilder model(ExchangeRecord exchange, UsageRecord usage) {
    var tokens = usage.usage();
    var builder =
        tracer
            .spanBuilder((usage.operation() + " " + usage.requestedModel()).strip())
            .setAttribute("gen_ai.operation.name", usage.operation())
            .setAttribute("gen_ai.request.stream", usage.stream())
            .setAttribute("gen_ai.usage.input_tokens", tokens.input())
            .setAttribute("gen_ai.usage.output_tokens", tokens.output())
            .setAttribute("gen_ai.usage.cache_read.input_tokens", tokens.cachedInput())
            .setAttribute("gen_ai.usage.cache_creation.input_tokens", tokens.cacheWrites())
            .setAttribute("gen_ai.usage.reasoning.output_tokens", tokens.reasoning())
            .setAttribute("sluice.usage.estimated", tokens.estimated());
    text(builder, "gen_ai.provider.name", usage.provider());
    text(builder, "gen_ai.request.model", usage.requestedModel());
    text(builder, "gen_ai.response.model", usage.answeredModel());
    text(builder, "gen_ai.response.id", usage.responseId());
    text(builder, "sluice.consumer", usage.consumer());
    if (!usage.finishReason().isEmpty()) {
      builder.setAttribute(FINISH_REASONS, List.of(usage.finishReason()));
    }
    if (usage.firstTokenNanos() >= 0) {
      builder.setAttribute("gen_ai.response.time_to_first_chunk", usage.firstTokenNanos() / 1e9);
    }
    var cost = usage.cost();
    if (cost != null) {
      builder
          .setAttribute("sluice.cost", cost.stripTrailingZeros().toPlainString())
          .setAttribute("sluice.cost.currency", usage.currency());
    }
    place(builder, exchange);
    return builder;
  }

  private static void text(SpanBuilder builder, String name, String value) {
    if (!value.isEmpty()) {
      builder.setAttribute(name, value);
    }
  }

  private static void attempts(Span span, UsageRecord usage) {
    if (usage.attempts().size() < 2) {
      return;
    }
    for (var attempt : usage.attempts()) {
      span.addEvent(
          "sluice.attempt",
          Attributes.builder()
              .put("gen_ai.provider.name", attempt.provider())
              .put("gen_ai.request.model", attempt.model())
              .put("http.response.status_code", attempt.status())
              .put("error.type", attempt.failure())
              .put("sluice.duration", attempt.totalNanos() / 1e9)
              .build());
    }
  }

  /** A client's own fault is no error of this server (HTTP conventions). */
  private static void fail(Span span, ExchangeRecord exchange) {
    var error = exchange.error();
    int status = exchange.status();
    if (error != null || status >= 500) {
      span.setAttribute("error.type", error == null ? Integer.toString(status) : error.code());
    }
    if (status >= 500 || (error != null && error.status() >= 500)) {
      span.setStatus(StatusCode.ERROR);
    }
  }
}
