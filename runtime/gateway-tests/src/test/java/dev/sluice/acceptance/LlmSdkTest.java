package dev.sluice.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.testing.LeakCheck;
import dev.sluice.standin.StandIn;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Holds the stand-in against the official SDKs: what a gateway is tested with must be right first.
 */
@Tag("peers")
@ExtendWith(LeakCheck.class)
class LlmSdkTest {
  @ParameterizedTest
  @EnumSource
  void satisfiesTheSdk(LlmSdk sdk) {
    try (var standIn = StandIn.start()) {
      List<String> models = List.of("stand-in");
      LlmScenario.check(sdk.api, models, sdk.run(standIn.url(), "sk-test", models));
      assertThat(standIn.books().cut().exchanges()).isEqualTo(2);
      assertThat(standIn.books().refused()).isEqualTo(2);
      assertThat(standIn.books().complete().exchanges()).isEqualTo(11);
    }
  }
}
