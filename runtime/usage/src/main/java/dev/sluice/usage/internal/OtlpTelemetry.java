package dev.sluice.usage.internal;

import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.proxy.Tracer;
import dev.sluice.usage.ExchangeTelemetry;
import dev.sluice.usage.OtlpSettings;
import dev.sluice.usage.UsageRecord;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.InternalTelemetryVersion;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Leads exchanges to OpenTelemetry's SDK and its OTLP exporters. */
public final class OtlpTelemetry implements ExchangeTelemetry {
  private static final String SCOPE = "dev.sluice";
  private static final int QUEUE = 8192;
  private static final int BATCH = 512;
  private static final Duration DELAY = Duration.ofSeconds(1);
  private static final long CLOSE_SECONDS = 5;

  private final SelfMetrics self = new SelfMetrics();
  private final SdkMeterProvider meters;
  private final SdkTracerProvider tracers;
  private final ExchangeSpans spans;
  private final @Nullable GenAiMetrics metrics;
  private final @Nullable Tracer tracer;

  /** Starts it. */
  public OtlpTelemetry(OtlpSettings settings) {
    var resource = Resource.builder();
    settings.resource().forEach(resource::put);
    var base = settings.endpoint().toString().replaceAll("/+$", "");
    var meterBuilder =
        SdkMeterProvider.builder().setResource(resource.build()).registerMetricReader(self);
    if (settings.metrics()) {
      var exporter =
          OtlpHttpMetricExporter.builder()
              .setEndpoint(base + "/v1/metrics")
              .setHeaders(settings::headers)
              .setTimeout(settings.timeout())
              .setConnectTimeout(settings.timeout())
              .build();
      meterBuilder.registerMetricReader(
          PeriodicMetricReader.builder(exporter).setInterval(settings.interval()).build());
    }
    meters = meterBuilder.build();
    var exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(base + "/v1/traces")
            .setHeaders(settings::headers)
            .setTimeout(settings.timeout())
            .setConnectTimeout(settings.timeout())
            .setMeterProvider(() -> meters)
            .setInternalTelemetryVersion(InternalTelemetryVersion.LATEST)
            .build();
    var ids = new PlannedIds();
    tracers =
        SdkTracerProvider.builder()
            .setResource(resource.build())
            .setIdGenerator(ids)
            // What is not sampled never gets here: that was decided when the exchange began.
            .setSampler(Sampler.alwaysOn())
            .addSpanProcessor(
                BatchSpanProcessor.builder(exporter)
                    .setMaxQueueSize(QUEUE)
                    .setMaxExportBatchSize(BATCH)
                    .setScheduleDelay(DELAY)
                    .setExporterTimeout(settings.timeout())
                    .setMeterProvider(() -> meters)
                    .setInternalTelemetryVersion(InternalTelemetryVersion.LATEST)
                    .build())
            .build();
    spans = new ExchangeSpans(tracers.get(SCOPE), ids);
    metrics = settings.metrics() ? new GenAiMetrics(meters.get(SCOPE)) : null;
    tracer = settings.traces() ? new TraceParent(settings.sampling()) : null;
  }

  @Override
  public @Nullable Tracer tracer() {
    return tracer;
  }

  @Override
  public void ended(ExchangeRecord exchange, @Nullable UsageRecord usage) {
    if (metrics != null && usage != null) {
      metrics.add(usage);
    }
    var trace = exchange.trace();
    if (trace != null && trace.sampled()) {
      spans.add(exchange, trace, usage);
    }
  }

  @Override
  public long droppedSpans() {
    return self.errors("otel.sdk.processor.span.processed");
  }

  @Override
  public long failedSpans() {
    return self.errors("otel.sdk.exporter.span.exported");
  }

  @Override
  public void close() {
    tracers.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
    meters.shutdown().join(CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
