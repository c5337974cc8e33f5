package dev.sluice.gateway.internal;

import dev.sluice.gateway.internal.RegistryCommand.Addresses;
import dev.sluice.standin.StandIn;
import dev.sluice.standin.StandInOptions;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Serves a stand-in for providers of models in the foreground. */
@Command(
    name = "standin",
    description = {
      "Serves a stand-in for providers of models: the formats of OpenAI, Anthropic and Gemini,"
          + " without a model.",
      "It fails on request: see docs/stand-in.md."
    },
    mixinStandardHelpOptions = true)
public final class StandInCommand implements Callable<Integer> {
  @Option(names = "--listen", defaultValue = "127.0.0.1:9000", paramLabel = "ADDRESS")
  private String listen;

  @Option(names = "--threads", defaultValue = "1", description = "Event loops.")
  private int threads;

  @Option(
      names = "--pace",
      defaultValue = "0",
      paramLabel = "MILLIS",
      description = "The time between two words of a stream.")
  private int pace;

  @Option(names = "--text", paramLabel = "TEXT", description = "What it answers.")
  private String text = StandInOptions.DEFAULT.text();

  /** Creates the command; called by picocli. */
  public StandInCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    StandInOptions options;
    try {
      options =
          new StandInOptions(
              Addresses.parse(listen), threads, text, Duration.ofMillis(pace), false);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(String.valueOf(e.getMessage()), e);
    }
    try (var standIn = StandIn.start(options)) {
      Output.say("stand-in at " + standIn.url());
      Output.say("ready");
      new CountDownLatch(1).await();
    }
    return 0;
  }
}
