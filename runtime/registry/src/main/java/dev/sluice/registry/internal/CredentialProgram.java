package dev.sluice.registry.internal;

import dev.sluice.registry.Credentials;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** Asks {@code docker-credential-NAME get} (docker/docker-credential-helpers, "Development"). */
public final class CredentialProgram {
  private static final Logger LOG = LoggerFactory.getLogger(CredentialProgram.class);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");
  private static final int MAX_ANSWER = 64 << 10;
  private static final int SECONDS = 20;

  private CredentialProgram() {}

  /**
   * Asks a program.
   *
   * @param name what follows {@code docker-credential-}
   * @throws RegistryException DENIED when it cannot be run or fails
   */
  public static Optional<Credentials> get(
      String name, String registry, Map<String, String> environment) {
    if (!NAME.matcher(name).matches()) {
      throw new RegistryException(
          Reason.DENIED, "credential helper \"" + name + "\" (expected: a program's name)");
    }
    var program = "docker-credential-" + name;
    Process process = null;
    try {
      var builder = new ProcessBuilder(found(program, environment), "get");
      builder.environment().clear();
      builder.environment().putAll(environment);
      process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
      var started = process;
      // One that hangs is ended, which ends its output and so the reading below.
      var end =
          CompletableFuture.runAsync(
              started::destroyForcibly,
              CompletableFuture.delayedExecutor(SECONDS, TimeUnit.SECONDS));
      tell(process, registry);
      var answer =
          new String(process.getInputStream().readNBytes(MAX_ANSWER), StandardCharsets.UTF_8);
      int exit = process.waitFor();
      end.cancel(false);
      return exit == 0 ? read(answer, program) : failed(answer, program, registry);
    } catch (IOException e) {
      throw new RegistryException(
          Reason.DENIED,
          "cannot run " + program + ", which keeps the credentials of " + registry,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegistryException(Reason.DENIED, "interrupted while asking " + program, e);
    } finally {
      if (process != null) {
        process.destroyForcibly();
      }
    }
  }

  /** Says whose credentials are wanted; one that has ended without asking says itself why. */
  private static void tell(Process process, String registry) {
    try (var in = process.getOutputStream()) {
      in.write(registry.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      LOG.debug("a credential helper did not listen", e);
    }
  }

  /** Looks a program up in the PATH that the programs get, not in that of this process. */
  private static String found(String program, Map<String, String> environment) {
    for (var folder : environment.getOrDefault("PATH", "").split(java.io.File.pathSeparator, -1)) {
      var file = java.nio.file.Path.of(folder, program);
      if (!folder.isEmpty() && java.nio.file.Files.isExecutable(file)) {
        return file.toString();
      }
    }
    return program;
  }

  private static Optional<Credentials> read(String answer, String program) {
    try {
      var json = Json.MAPPER.readTree(answer);
      var username = json.path("Username").asString("");
      var secret = json.path("Secret").asString("");
      if (username.isEmpty() && secret.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          username.equals("<token>")
              ? Credentials.identity(secret)
              : new Credentials(username, secret));
    } catch (JacksonException e) {
      // The message of the parser would quote the secret.
      throw new RegistryException(Reason.DENIED, program + " answered no JSON");
    }
  }

  private static Optional<Credentials> failed(String answer, String program, String registry) {
    var message = answer.strip();
    if (message.contains("credentials not found")) {
      return Optional.empty();
    }
    throw new RegistryException(
        Reason.DENIED,
        program
            + " gave no credentials for "
            + registry
            + ": "
            + message.substring(0, Math.min(200, message.length())));
  }
}
