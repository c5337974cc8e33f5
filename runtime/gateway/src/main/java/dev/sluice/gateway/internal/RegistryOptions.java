package dev.sluice.gateway.internal;

import dev.sluice.registry.CredentialSource;
import dev.sluice.registry.Credentials;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.RegistrySettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Says how to reach a registry. */
public final class RegistryOptions {
  @Option(names = "--plain-http", description = "Allows a registry without TLS.")
  private boolean plainHttp;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "PEM file with a certificate authority that the registry may have.")
  private @Nullable Path ca;

  @Option(
      names = "--username",
      description = "Who to be; by default Docker's and Podman's files are asked.")
  private @Nullable String username;

  @Option(names = "--password-stdin", description = "Reads the password from the standard input.")
  private boolean passwordStdin;

  private @Nullable Credentials credentials;

  /** Creates the options; called by picocli. */
  public RegistryOptions() {}

  private @Nullable Credentials credentials() {
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

  /** Returns how registries are reached, with what was said about that of a url. */
  RegistrySettings settings(String url) {
    var settings = RegistrySettings.ofUser();
    return PluginUrl.parse(url, Path.of(".")) instanceof PluginUrl.Oci oci
        ? settings(settings, oci.registry())
        : settings;
  }

  private RegistrySettings settings(RegistrySettings user, String registry) {
    var settings = user.withHost(registry, new RegistrySettings.Host(List.of(), plainHttp, ca));
    var given = credentials();
    return given == null ? settings : settings.withCredentials(CredentialSource.of(given));
  }

  RegistryClient client(String registry) {
    return new RegistryClient(registry, settings(RegistrySettings.ofUser(), registry));
  }
}
