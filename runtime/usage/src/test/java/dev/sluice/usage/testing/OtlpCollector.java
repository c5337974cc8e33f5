package dev.sluice.usage.testing;

import com.google.protobuf.InvalidProtocolBufferException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;

/** Receives OTLP over HTTP, as a collector does, and keeps what it was sent. Thread-safe. */
public final class OtlpCollector implements AutoCloseable {
  private final HttpServer server;
  private final ConcurrentLinkedQueue<ExportTraceServiceRequest> traces =
      new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<ExportMetricsServiceRequest> metrics =
      new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Map<String, List<String>>> headers =
      new ConcurrentLinkedQueue<>();
  private volatile int status = 200;

  /** Starts it on a free port. */
  public OtlpCollector() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/traces", this::takeTraces);
    server.createContext("/v1/metrics", this::takeMetrics);
    server.start();
  }

  /** Returns what to configure as {@code telemetry.otlp.endpoint}. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** Answers with a status from now on. */
  public void answer(int with) {
    status = with;
  }

  private void takeTraces(HttpExchange exchange) throws IOException {
    keep(exchange, octets -> traces.add(ExportTraceServiceRequest.parseFrom(octets)));
  }

  private void takeMetrics(HttpExchange exchange) throws IOException {
    keep(exchange, octets -> metrics.add(ExportMetricsServiceRequest.parseFrom(octets)));
  }

  @FunctionalInterface
  private interface Keeping {
    void keep(byte[] octets) throws InvalidProtocolBufferException;
  }

  private void keep(HttpExchange exchange, Keeping keeping) throws IOException {
    byte[] octets = exchange.getRequestBody().readAllBytes();
    headers.add(Map.copyOf(exchange.getRequestHeaders()));
    if (status == 200) {
      keeping.keep(octets);
    }
    exchange.getResponseHeaders().add("content-type", "application/x-protobuf");
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  /** Returns all spans so far. */
  public List<Span> spans() {
    return traces.stream()
        .flatMap(request -> request.getResourceSpansList().stream())
        .flatMap(resource -> resource.getScopeSpansList().stream())
        .flatMap(scope -> scope.getSpansList().stream())
        .toList();
  }

  /** Returns the attributes of the resource of the first spans. */
  public Map<String, String> resource() {
    var first = traces.peek();
    return first == null
        ? Map.of()
        : attributes(first.getResourceSpans(0).getResource().getAttributesList());
  }

  /** Returns the last report of a metric so far, or none. */
  public List<Metric> metric(String name) {
    return metrics.stream()
        .flatMap(request -> request.getResourceMetricsList().stream())
        .flatMap(resource -> resource.getScopeMetricsList().stream())
        .flatMap(scope -> scope.getMetricsList().stream())
        .filter(metric -> metric.getName().equals(name))
        .toList();
  }

  /** Returns the headers of all requests so far. */
  public List<Map<String, List<String>>> headers() {
    return List.copyOf(headers);
  }

  /** Returns attributes as texts by name. */
  public static Map<String, String> attributes(List<KeyValue> list) {
    Map<String, String> attributes = new TreeMap<>();
    list.forEach(entry -> attributes.put(entry.getKey(), text(entry.getValue())));
    return attributes;
  }

  private static String text(AnyValue value) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> value.getStringValue();
      case INT_VALUE -> String.valueOf(value.getIntValue());
      case DOUBLE_VALUE -> String.valueOf(value.getDoubleValue());
      case BOOL_VALUE -> String.valueOf(value.getBoolValue());
      case ARRAY_VALUE ->
          value.getArrayValue().getValuesList().stream()
              .map(OtlpCollector::text)
              .toList()
              .toString();
      default -> value.toString();
    };
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
