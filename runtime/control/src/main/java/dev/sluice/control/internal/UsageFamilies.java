package dev.sluice.control.internal;

import dev.sluice.usage.ExchangeTelemetry;
import dev.sluice.usage.UsageFigures;
import dev.sluice.usage.UsageFigures.Figures;
import dev.sluice.usage.UsageFigures.Histogram;
import dev.sluice.usage.UsageFigures.Series;
import dev.sluice.usage.UsageJournal;
import dev.sluice.usage.UsageLedger;
import dev.sluice.usage.UsageSum;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Shows LLM exchanges: by the names of the GenAI conventions, and by consumer. */
final class UsageFamilies {
  private final UsageFigures figures;
  private final UsageLedger ledger;
  private final @Nullable ExchangeTelemetry telemetry;
  private final @Nullable UsageJournal journal;

  UsageFamilies(
      UsageFigures figures,
      UsageLedger ledger,
      @Nullable ExchangeTelemetry telemetry,
      @Nullable UsageJournal journal) {
    this.journal = journal;
    this.figures = figures;
    this.ledger = ledger;
    this.telemetry = telemetry;
  }

  List<MetricSnapshot> collect() {
    var all = new ArrayList<MetricSnapshot>();
    var models = figures.byModel();
    all.add(tokens(models));
    all.add(
        seconds(
            "gen_ai_client_operation_duration_seconds",
            "From the request to the end of the answer",
            models,
            f -> f.duration));
    all.add(
        seconds(
            "gen_ai_server_time_to_first_token_seconds",
            "From the request to the first content",
            models,
            f -> f.firstToken));
    all.add(
        seconds(
            "gen_ai_server_time_per_output_token_seconds",
            "From one token of an answer to the next",
            models,
            f -> f.perToken));
    var outcomes =
        CounterSnapshot.builder()
            .name("sluice_ai_exchanges")
            .help("LLM exchanges by how they ended");
    models.forEach(
        (series, one) ->
            one.outcomes()
                .forEach(
                    (outcome, n) ->
                        outcomes.dataPoint(point(n, labels(series).add("outcome", outcome)))));
    all.add(outcomes.build());
    consumers(all);
    dropped(all);
    return all;
  }

  private static Labels labels(Series series) {
    return Labels.of(
        "gen_ai_operation_name", series.operation(),
        "gen_ai_provider_name", series.provider(),
        "gen_ai_request_model", series.model());
  }

  private static CounterDataPointSnapshot point(long value, Labels labels) {
    return point((double) value, labels);
  }

  private static CounterDataPointSnapshot point(double value, Labels labels) {
    return CounterDataPointSnapshot.builder().labels(labels).value(value).build();
  }

  private static HistogramSnapshot tokens(Map<Series, Figures> models) {
    var family =
        HistogramSnapshot.builder()
            .name("gen_ai_client_token_usage")
            .help("Tokens of an exchange by type");
    models.forEach(
        (series, one) -> {
          family.dataPoint(tokens(series, "input", one.input));
          family.dataPoint(tokens(series, "output", one.output));
        });
    return family.build();
  }

  private static HistogramDataPointSnapshot tokens(
      Series series, String type, Histogram histogram) {
    var buckets = ClassicHistogramBuckets.builder();
    for (int i = 0; i < UsageFigures.TOKEN_BOUNDS.size(); i++) {
      buckets.bucket(UsageFigures.TOKEN_BOUNDS.get(i), histogram.counts()[i]);
    }
    return point(labels(series).add("gen_ai_token_type", type), histogram, buckets);
  }

  private static HistogramSnapshot seconds(
      String name, String help, Map<Series, Figures> models, Function<Figures, Histogram> which) {
    var family = HistogramSnapshot.builder().name(name).help(help).unit(Unit.SECONDS);
    models.forEach(
        (series, one) -> {
          var histogram = which.apply(one);
          var buckets = ClassicHistogramBuckets.builder();
          for (int i = 0; i < UsageFigures.SECOND_BOUNDS.size(); i++) {
            buckets.bucket(UsageFigures.SECOND_BOUNDS.get(i), histogram.counts()[i]);
          }
          family.dataPoint(point(labels(series), histogram, buckets));
        });
    return family.build();
  }

  private static HistogramDataPointSnapshot point(
      Labels labels, Histogram histogram, ClassicHistogramBuckets.Builder buckets) {
    int last = histogram.counts().length - 1;
    return HistogramDataPointSnapshot.builder()
        .labels(labels)
        .sum(histogram.sum())
        .classicHistogramBuckets(
            buckets.bucket(Double.POSITIVE_INFINITY, histogram.counts()[last]).build())
        .build();
  }

  private void consumers(List<MetricSnapshot> all) {
    var requests =
        CounterSnapshot.builder().name("sluice_ai_requests").help("LLM exchanges by consumer");
    var failed =
        CounterSnapshot.builder()
            .name("sluice_ai_failures")
            .help("LLM exchanges whose caller got less than it asked for");
    var tokens =
        CounterSnapshot.builder()
            .name("sluice_ai_tokens")
            .help("Tokens; input has cached_input and cache_write in it, output has reasoning");
    var cost =
        CounterSnapshot.builder()
            .name("sluice_ai_cost")
            .help("What exchanges cost, rounded; /ai/usage has it exactly");
    figures
        .byConsumer()
        .forEach(
            (consumer, sum) -> {
              var labels = Labels.of("consumer", consumer);
              requests.dataPoint(point(sum.requests(), labels));
              failed.dataPoint(point(sum.failed(), labels));
              types(sum).forEach((type, n) -> tokens.dataPoint(point(n, labels.add("type", type))));
              sum.cost()
                  .forEach(
                      (currency, amount) ->
                          cost.dataPoint(
                              point(amount.doubleValue(), labels.add("currency", currency))));
            });
    all.addAll(List.of(requests.build(), failed.build(), tokens.build(), cost.build()));
  }

  private static Map<String, Long> types(UsageSum sum) {
    return Map.of(
        "input", sum.input(),
        "cached_input", sum.cachedInput(),
        "cache_write", sum.cacheWrites(),
        "output", sum.output(),
        "reasoning", sum.reasoning());
  }

  private void dropped(List<MetricSnapshot> all) {
    var spans =
        CounterSnapshot.builder()
            .name("sluice_telemetry_lost_spans")
            .help("Spans that were dropped, or that the collector did not take");
    spans.dataPoint(
        point(telemetry == null ? 0 : telemetry.droppedSpans(), Labels.of("reason", "queue_full")));
    spans.dataPoint(
        point(telemetry == null ? 0 : telemetry.failedSpans(), Labels.of("reason", "refused")));
    all.add(spans.build());
    all.add(
        CounterSnapshot.builder()
            .name("sluice_usage_folded")
            .help("LLM exchanges whose consumer and model are only in the sum of all others")
            .dataPoint(point(ledger.folded(), Labels.EMPTY))
            .build());
    all.add(
        CounterSnapshot.builder()
            .name("sluice_usage_journal_failures")
            .help("How many times the file of sums of usage was damaged or could not be written")
            .dataPoint(point(journal == null ? 0 : journal.failures(), Labels.EMPTY))
            .build());
  }
}
