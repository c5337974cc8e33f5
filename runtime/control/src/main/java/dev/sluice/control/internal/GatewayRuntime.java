package dev.sluice.control.internal;

import dev.sluice.ai.Price;
import dev.sluice.control.ConfigException;
import dev.sluice.control.ConfigReader;
import dev.sluice.control.Gateway;
import dev.sluice.control.GatewayConfig;
import dev.sluice.control.GatewayConfig.Admin;
import dev.sluice.control.GatewayOptions;
import dev.sluice.http.Transport;
import dev.sluice.proxy.ProxyServer;
import dev.sluice.proxy.SystemClock;
import dev.sluice.registry.ArtifactResolver;
import dev.sluice.usage.ExchangeTelemetry;
import dev.sluice.usage.UsageFigures;
import dev.sluice.usage.UsageJournal;
import dev.sluice.usage.UsageLedger;
import dev.sluice.usage.UsageObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts the parts of a gateway together and takes them apart in the opposite order. */
public final class GatewayRuntime implements Gateway {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayRuntime.class);

  private final Path configFile;
  private final Controller controller;
  private final AdminServer admin;
  private final Deque<AutoCloseable> parts;
  private final CompletableFuture<Void> drainRequested = new CompletableFuture<>();
  private final AtomicBoolean closed = new AtomicBoolean();

  private GatewayRuntime(
      GatewayOptions options, String text, GatewayConfig config, Deque<AutoCloseable> parts) {
    this.configFile = options.configFile();
    this.parts = parts;
    int threads =
        config.threads() == 0 ? Runtime.getRuntime().availableProcessors() : config.threads();
    var usage = new UsageParts(threads);
    var journal =
        usageFile(options, config).map(file -> opened(usage.keep(file, config))).orElse(null);
    // Before the loops, so that they are closed after them and have what they still say.
    var accessLog =
        config
            .accessLog()
            .map(path -> opened(new AccessLog(Path.of(path), threads, usage.observer()::record)))
            .orElse(null);
    var otlp = config.telemetry().map(to -> opened(ExchangeTelemetry.start(to))).orElse(null);
    var transport = opened(Transport.create(threads));
    var exchanges = new ExchangeMetrics(threads);
    var tcp = new ConnectionMetrics();
    var metrics = exchanges.and(tcp);
    var observer = usage.observer().and(metrics);
    observer = accessLog == null ? observer : observer.and(accessLog);
    observer =
        otlp == null ? observer : observer.and(e -> otlp.ended(e, usage.observer().record(e)));
    var base = ConfigReader.folder(configFile);
    var resolver =
        new ArtifactResolver(base, options.cache().resolve("artifacts"), options.cacheBytes());
    var services = ServiceProviders.found();
    var proxy =
        opened(
            ProxyServer.builder(transport)
                .services(services.all())
                .observer(observer)
                .tracer(otlp == null ? null : otlp.tracer())
                .codeCache(options.cache().resolve("code"))
                .start());
    this.controller =
        new Controller(
            transport, proxy, services, opened(new Identities(new SystemClock())), resolver, base);
    usage.observer().prices(this::price);
    var loops = new LoopWatch(transport);
    var telemetry =
        opened(
            new Telemetry(
                new GatewayCollector(
                    controller, exchanges, tcp, loops, usage.families(otlp, journal), accessLog)));
    var api =
        new AdminApi(
            controller,
            telemetry::scrape,
            new UsageApi(usage.ledger(), journal),
            loops,
            this::onDrain);
    this.admin =
        opened(new AdminServer(config.admin().address(), () -> token(config.admin()), api::answer));
    controller.applyFile(configFile);
    opened(new PluginPoller(controller));
    opened(new CanaryWatch(controller));
    try {
      opened(
          new ConfigWatcher(configFile, text.getBytes(StandardCharsets.UTF_8), this::onFileChange));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot watch " + configFile, e);
    }
  }

  /** Is what adds up the usage of LLM exchanges. */
  private record UsageParts(UsageLedger ledger, UsageFigures figures, UsageObserver observer) {
    private static final int SUMS = 100_000;

    UsageParts(int loops) {
      this(new UsageLedger(loops, SUMS, Instant.now()), new UsageFigures(loops), loops);
    }

    private UsageParts(UsageLedger ledger, UsageFigures figures, int loops) {
      this(ledger, figures, new UsageObserver(loops, ledger, figures));
    }

    UsageFamilies families(@Nullable ExchangeTelemetry telemetry, @Nullable UsageJournal journal) {
      return new UsageFamilies(figures, ledger, telemetry, journal);
    }

    UsageJournal keep(Path file, GatewayConfig config) {
      return UsageJournal.start(ledger, file, config.usage().file().isPresent());
    }
  }

  /** Returns where usage is kept; unless told otherwise each configuration has a file. */
  private static Optional<Path> usageFile(GatewayOptions options, GatewayConfig config) {
    if (config.usage().inMemory()) {
      return Optional.empty();
    }
    var own =
        UUID.nameUUIDFromBytes(
            options.configFile().toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8));
    return config
        .usage()
        .file()
        .map(Path::of)
        .or(() -> Optional.of(options.state().resolve("usage").resolve(own + ".journal")));
  }

  /** Starts a gateway. */
  public static GatewayRuntime start(GatewayOptions options) {
    var text = ConfigReader.text(options.configFile());
    var config =
        ConfigLoader.config(
            text, options.configFile().toString(), ConfigReader.folder(options.configFile()));
    Deque<AutoCloseable> parts = new ArrayDeque<>();
    try {
      return new GatewayRuntime(options, text, config, parts);
    } catch (RuntimeException e) {
      closeAll(parts);
      throw e;
    }
  }

  private <T extends AutoCloseable> T opened(T part) {
    parts.push(part);
    return part;
  }

  /**
   * Returns the token in force. An address that others can reach keeps its old one when the
   * configuration moves to loopback without a token, since the address moves at the next start.
   */
  private String token(Admin started) {
    var applied = controller.applied();
    var now = applied == null ? started.token() : applied.loaded().config().admin().token();
    return now.isEmpty() && !started.address().getAddress().isLoopbackAddress()
        ? started.token()
        : now;
  }

  private @Nullable Price price(String requested, String provider, String model) {
    var applied = controller.applied();
    return applied == null
        ? null
        : applied.loaded().config().prices().price(requested, provider, model);
  }

  private void onDrain() {
    controller.drain();
    drainRequested.complete(null);
  }

  private void onFileChange() {
    try {
      controller.applyFile(configFile);
    } catch (ConfigException e) {
      LOG.debug("the controller has reported it", e);
    }
  }

  @Override
  public void reload() {
    controller.applyFile(configFile);
  }

  @Override
  public Map<String, List<InetSocketAddress>> addresses() {
    return controller.addresses();
  }

  @Override
  public InetSocketAddress adminAddress() {
    return admin.address();
  }

  @Override
  public CompletableFuture<Void> drainRequested() {
    return drainRequested;
  }

  @Override
  public CompletableFuture<Void> drain() {
    return controller.drain();
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      closeAll(parts);
    }
  }

  private static void closeAll(Deque<AutoCloseable> parts) {
    for (var part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        LOG.warn("closing {}", part.getClass().getSimpleName(), e);
      }
    }
  }
}
