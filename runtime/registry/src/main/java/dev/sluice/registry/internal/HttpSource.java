package dev.sluice.registry.internal;

import dev.sluice.registry.Digest;
import dev.sluice.registry.PluginArtifact;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Takes a module from a web server. */
public final class HttpSource {
  private HttpSource() {}

  /** Fetches a module; cleartext only from this machine. */
  public static PluginArtifact fetch(
      PluginUrl.Http url,
      @Nullable Digest sha256,
      ContentStore store,
      long limit,
      Progress progress) {
    var uri = url.uri();
    var authority = uri.getRawAuthority();
    if (authority == null || ("http".equals(uri.getScheme()) && !Exchange.isLoopback(authority))) {
      throw new RegistryException(Reason.BAD_REFERENCE, url.text() + " (expected: an https URL)");
    }
    byte[] bytes;
    if (sha256 != null && store.intact(sha256)) {
      bytes = store.read(sha256, -1, limit);
    } else {
      bytes = download(url, sha256, limit, progress);
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
      PluginUrl.Http url, @Nullable Digest sha256, long limit, Progress progress) {
    try (var exchange = new Exchange(url.uri().getRawAuthority(), null, false)) {
      var response = exchange.get(url.uri().getRawPath(), "*/*", "");
      try (var in = new VerifyingInput(response.body(), sha256, -1, limit, url.text())) {
        var bytes = in.readAllBytes();
        progress.moved(url.text(), bytes.length, bytes.length);
        return bytes;
      }
    } catch (IOException e) {
      throw new RegistryException(Reason.UNAVAILABLE, url.text() + ": the transfer broke off", e);
    }
  }
}
