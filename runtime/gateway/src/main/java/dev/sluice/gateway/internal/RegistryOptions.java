package dev.sluice.gateway.internal;

import dev.sluice.registry.Credentials;
import dev.sluice.registry.RegistryClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Says how to reach a registry. */
public final class RegistryOptions {
  @Option(names = "--plain-http", description = "Allows a registry without TLS.")
  private boolean plainHttp;

  @Option(names = "--username")
  private @Nullable String username;

  @Option(names = "--password-stdin", description = "Reads the password from the standard input.")
  private boolean passwordStdin;

  private @Nullable Credentials credentials;

  /** Creates the options; called by picocli. */
  public RegistryOptions() {}

  boolean plainHttp() {
    return plainHttp;
  }

  @Nullable Credentials credentials() {
    if (credentials == null && username != null) {
      if (!passwordStdin) {
        throw new CommandFailure("--username needs --password-stdin");
      }
      try {
        var line =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        credentials = new Credentials(username, line == null ? "" : line);
      } catch (IOException e) {
        throw new CommandFailure("cannot read the password", e);
      }
    }
    return credentials;
  }

  RegistryClient client(String registry) {
    return new RegistryClient(registry, credentials(), plainHttp);
  }
}
