package dev.sluice.control.internal;

import dev.sluice.ai.AiMemory;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;

/** Makes metrics of what LLM exchanges hold. */
final class AiMemoryFamilies {
  private AiMemoryFamilies() {}

  static List<MetricSnapshot> of(AiMemory memory) {
    return List.of(
        gauge("sluice_ai_held_bytes", "Bytes of LLM requests and answers in memory", memory.held()),
        gauge("sluice_ai_held_limit_bytes", "What they may be together", memory.limit()),
        CounterSnapshot.builder()
            .name("sluice_ai_overloaded")
            .help("LLM exchanges refused because no more could be held")
            .dataPoint(CounterDataPointSnapshot.builder().value((double) memory.refused()).build())
            .build());
  }

  private static GaugeSnapshot gauge(String name, String help, long value) {
    return GaugeSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(GaugeDataPointSnapshot.builder().value((double) value).build())
        .build();
  }
}
