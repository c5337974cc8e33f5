package dev.sluice.wasm.internal;

import dev.sluice.plugin.Properties;
import dev.sluice.plugin.RootContext;
import dev.sluice.plugin.host.HostServices;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Is the surroundings of a root context. */
final class FakeRoot implements RootContext {
  final FakeServices services;
  final FakeProperties properties = new FakeProperties();
  final String configuration;
  Duration tickPeriod = Duration.ZERO;
  boolean done;
  int rebuilds;

  FakeRoot(FakeServices services, String configuration) {
    this.services = services;
    this.configuration = configuration;
  }

  @Override
  public String plugin() {
    return "test-plugin";
  }

  @Override
  public String rootId() {
    return "test-root";
  }

  @Override
  public byte[] configuration() {
    return configuration.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public HostServices services() {
    return services;
  }

  @Override
  public Properties properties() {
    return properties;
  }

  @Override
  public void setTickPeriod(Duration period) {
    tickPeriod = period;
  }

  @Override
  public void rebuild() {
    rebuilds++;
  }

  @Override
  public void done() {
    done = true;
  }
}
