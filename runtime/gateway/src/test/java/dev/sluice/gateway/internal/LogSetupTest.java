package dev.sluice.gateway.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;

class LogSetupTest {
  @ParameterizedTest
  @ValueSource(strings = {"headers", "wire"})
  void neverWritesWhatIsSentToRegistriesWhateverTheLevel(String kind) {
    var context = new LoggerContext();
    try {
      new LogSetup().configure(context);
      context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.TRACE);

      assertThat(context.getLogger("org.apache.hc.client5.http." + kind).isDebugEnabled())
          .isFalse();
      assertThat(context.getLogger("dev.sluice.registry.X").isTraceEnabled()).isTrue();
    } finally {
      context.stop();
    }
  }
}
