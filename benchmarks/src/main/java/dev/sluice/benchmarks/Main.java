package dev.sluice.benchmarks;

import picocli.CommandLine;

/** Starts {@link BenchCommand}; {@code sluice bench} runs it in a process of its own. */
public final class Main {
  private Main() {}

  /** Runs the command and exits with its status. */
  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new BenchCommand()).setCommandName("sluice bench").execute(arguments));
  }
}
