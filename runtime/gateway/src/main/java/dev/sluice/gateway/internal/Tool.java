package dev.sluice.gateway.internal;

import java.io.IOException;
import java.nio.file.Path;

/** Runs the programs that builds need. */
final class Tool {
  private Tool() {}

  /**
   * Runs a program in a folder; what it prints goes to the standard error.
   *
   * @throws CommandFailure when it is missing or fails
   */
  static void run(Path folder, String... command) {
    try {
      var process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .start();
      process.getInputStream().transferTo(System.err);
      int exit = process.waitFor();
      if (exit != 0) {
        throw new CommandFailure(String.join(" ", command) + " failed with exit code " + exit);
      }
    } catch (IOException e) {
      throw new CommandFailure(command[0] + " cannot be run; is it installed?", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }
}
