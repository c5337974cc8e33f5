package dev.sluice.gateway.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Runs the programs that builds need. */
final class Tool {
  private Tool() {}

  /**
   * Runs a program in a folder; what it prints goes to the standard error.
   *
   * @throws CommandFailure when it is missing or fails
   */
  static void run(Path folder, String... command) {
    run(folder, Map.of(), List.of(command));
  }

  /** Runs a program with further variables of the environment. */
  static void run(Path folder, Map<String, String> environment, List<String> command) {
    try {
      var builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.INHERIT);
      builder.environment().putAll(environment);
      var process = builder.start();
      process.getInputStream().transferTo(System.err);
      int exit = process.waitFor();
      if (exit != 0) {
        throw new CommandFailure(String.join(" ", command) + " failed with exit code " + exit);
      }
    } catch (IOException e) {
      throw new CommandFailure(command.getFirst() + " cannot be run; is it installed?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  /** Runs a program and returns the line that it answers, empty when it fails. */
  static String answer(Path folder, String... command) {
    return read(folder, ProcessBuilder.Redirect.DISCARD, command).strip();
  }

  /**
   * Runs a program and returns what it prints; its errors go to the standard error.
   *
   * @throws CommandFailure when it prints nothing or fails
   */
  static String output(Path folder, String... command) {
    var output = read(folder, ProcessBuilder.Redirect.INHERIT, command);
    if (output.isEmpty()) {
      throw new CommandFailure(String.join(" ", command) + " failed");
    }
    return output;
  }

  private static String read(Path folder, ProcessBuilder.Redirect errors, String... command) {
    try {
      var process =
          new ProcessBuilder(command).directory(folder.toFile()).redirectError(errors).start();
      var answer = process.getInputStream().readAllBytes();
      return process.waitFor() == 0 ? new String(answer, StandardCharsets.UTF_8) : "";
    } catch (IOException e) {
      throw new CommandFailure(command[0] + " cannot be run; is it installed?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }
}
