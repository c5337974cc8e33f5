package dev.sluice.registry.internal;

import dev.sluice.registry.CredentialSource;
import dev.sluice.registry.Digest;
import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.RegistrySettings;
import dev.sluice.registry.internal.Exchange.Ask;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Takes a module from a web server. */
public final class HttpSource {
  private HttpSource() {}

  /** Fetches a module; cleartext only from this machine. */
  public static PluginArtifact fetch(
      PluginUrl.Http url,
      @Nullable Digest sha256,
      RegistrySettings settings,
      ContentStore store,
      long limit,
      Progress progress) {
    var uri = url.uri();
    var authority = uri.getRawAuthority();
    boolean clear = "http".equals(uri.getScheme());
    if (authority == null
        || (clear && !Exchange.isLoopback(authority) && !settings.host(authority).plainHttp())) {
      throw new RegistryException(Reason.BAD_REFERENCE, url.text() + " (expected: an https URL)");
    }
    byte[] bytes;
    if (sha256 != null && store.intact(sha256)) {
      bytes = store.read(sha256, -1, limit);
    } else {
      bytes = download(url, sha256, settings, limit, progress);
    }
    var digest = store.write(bytes);
    return new PluginArtifact(
        url.text(),
        digest,
        FileEngine.of(uri.getPath(), bytes),
        store.path(digest),
        Optional.empty(),
        Optional.empty());
  }

  private static byte[] download(
      PluginUrl.Http url,
      @Nullable Digest sha256,
      RegistrySettings settings,
      long limit,
      Progress progress) {
    var ask = new Ask("GET", url.uri(), Map.of("Accept", "*/*"), null, Scope.NONE);
    // What is stored for registries is not for web servers.
    var anonymous = settings.withCredentials(CredentialSource.NONE);
    try (var exchange = Exchange.withWebServer(url.uri(), anonymous);
        var answer = exchange.send(ask, 200);
        var in = new VerifyingInput(answer.body(), sha256, -1, limit, url.text())) {
      var bytes = in.readAllBytes();
      progress.moved(url.text(), bytes.length, bytes.length);
      return bytes;
    } catch (IOException e) {
      throw new RegistryException(Reason.UNAVAILABLE, url.text() + ": the transfer broke off", e);
    }
  }
}
