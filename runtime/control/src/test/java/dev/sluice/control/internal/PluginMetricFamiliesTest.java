package dev.sluice.control.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.control.PrometheusText;
import dev.sluice.plugin.host.Metrics;
import dev.sluice.proxy.PluginMetric;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class PluginMetricFamiliesTest {
  private static PrometheusText show(PluginMetric... metrics) throws IOException {
    var out = new ByteArrayOutputStream();
    ExpositionFormats.init()
        .getPrometheusTextFormatWriter()
        .write(out, new MetricSnapshots(PluginMetricFamilies.of(List.of(metrics))));
    return new PrometheusText(out.toString(StandardCharsets.UTF_8));
  }

  private static PluginMetric metric(String plugin, String name, Metrics.Type type, long value) {
    return new PluginMetric(plugin, name, type, value, 0, new long[0]);
  }

  @Test
  void putsOneMetricOfSeveralPluginsIntoOneFamily() throws IOException {
    var text =
        show(
            metric("a", "hits", Metrics.Type.COUNTER, 3),
            metric("b", "hits", Metrics.Type.COUNTER, 4),
            metric("a", "level", Metrics.Type.GAUGE, -5));

    assertThat(text.errors()).isEmpty();
    assertThat(text.value("sluice_custom_hits_total{plugin=\"a\"}")).isEqualTo(3);
    assertThat(text.value("sluice_custom_hits_total{plugin=\"b\"}")).isEqualTo(4);
    assertThat(text.value("sluice_custom_level{plugin=\"a\"}")).isEqualTo(-5);
  }

  @Test
  void makesNamesThatPrometheusAllows() throws IOException {
    var text =
        show(
            metric("a", "my.requests-total", Metrics.Type.COUNTER, 1),
            metric("a", "1\u00e4 \"{}\n", Metrics.Type.GAUGE, 2),
            metric("a", "hits_total", Metrics.Type.COUNTER, 3));

    assertThat(text.errors()).isEmpty();
    assertThat(text.types())
        .containsOnlyKeys(
            "sluice_custom_my_requests_total", "sluice_custom_1______", "sluice_custom_hits_total");
  }

  @Test
  void keepsDifferentTypesOfOneNameApart() throws IOException {
    var text =
        show(
            metric("a", "x", Metrics.Type.COUNTER, 1),
            metric("b", "x", Metrics.Type.GAUGE, 2),
            metric("c", "x", Metrics.Type.GAUGE, 3));

    assertThat(text.errors()).isEmpty();
    assertThat(text.value("sluice_custom_x_total{plugin=\"a\"}")).isEqualTo(1);
    assertThat(text.value("sluice_custom_x_gauge{plugin=\"b\"}")).isEqualTo(2);
    assertThat(text.value("sluice_custom_x_gauge{plugin=\"c\"}")).isEqualTo(3);
  }

  @Test
  void showsHistogramsByPowersOfTwo() throws IOException {
    // 0, 1, and two of 2 or 3.
    var text =
        show(
            new PluginMetric(
                "a", "size", Metrics.Type.HISTOGRAM, 4, 6, new long[] {1, 1, 2, 0, 0}));

    assertThat(text.errors()).isEmpty();
    assertThat(text.types()).containsEntry("sluice_custom_size", "histogram");
    var bucket = "sluice_custom_size_bucket{plugin=\"a\",le=\"%s\"}";
    assertThat(text.value(bucket.formatted("0.0"))).isEqualTo(1);
    assertThat(text.value(bucket.formatted("1.0"))).isEqualTo(2);
    assertThat(text.value(bucket.formatted("3.0"))).isEqualTo(4);
    assertThat(text.value("sluice_custom_size_count{plugin=\"a\"}")).isEqualTo(4);
    assertThat(text.value("sluice_custom_size_sum{plugin=\"a\"}")).isEqualTo(6);
  }
}
