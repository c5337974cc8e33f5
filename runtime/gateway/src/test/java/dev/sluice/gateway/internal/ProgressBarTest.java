package dev.sluice.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressBarTest {
  private static final String BLOB = "sha256:0123456789abcdef";

  @Test
  void saysWhatMovesAndHowFar() {
    assertThat(ProgressBar.line("pull", BLOB, 15, 1_500_000, 3_000_000))
        .isEqualTo("pull 0123456789ab [###############...............] 1.4 MiB of 2.9 MiB");
  }

  @Test
  void keepsTheLengthOfItsLine() {
    assertThat(ProgressBar.line("pull", BLOB, 0, 0, 3_000_000))
        .hasSameSizeAs(ProgressBar.line("pull", BLOB, 31, 3_000_000, 3_000_000));
  }
}
