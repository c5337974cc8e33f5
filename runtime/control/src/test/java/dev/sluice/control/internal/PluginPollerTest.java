package dev.sluice.control.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PluginPollerTest {
  @ParameterizedTest
  @CsvSource({"0, 270", "0.25, 285", "0.5, 300", "1, 330"})
  void spreadsAFleetOverAFifthOfTheInterval(double chance, long seconds) {
    assertThat(PluginPoller.spread(Duration.ofMinutes(5), chance))
        .isCloseTo(Duration.ofSeconds(seconds), Duration.ofMillis(1));
  }
}
