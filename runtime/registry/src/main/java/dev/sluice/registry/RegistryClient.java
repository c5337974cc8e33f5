package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.Exchange;
import dev.sluice.registry.internal.Json;
import dev.sluice.registry.internal.VerifyingInput;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Speaks to one registry (OCI distribution specification). Blocks; thread-safe. Credentials go to
 * that registry and its token realm and nowhere else; cleartext HTTP only to loopback addresses,
 * unless it is allowed.
 */
public final class RegistryClient implements AutoCloseable {
  /** The most bytes of a manifest or index. */
  public static final long MAX_MANIFEST = 4 << 20;

  private static final String ACCEPT =
      String.join(
          ", ",
          MediaTypes.INDEX,
          MediaTypes.MANIFEST,
          MediaTypes.DOCKER_MANIFEST,
          MediaTypes.DOCKER_LIST);

  private final Exchange exchange;
  private final String registry;

  /**
   * @param registry host, with a port where it needs one
   * @param plainHttp whether HTTP without TLS is allowed where the host is not this machine
   */
  public RegistryClient(String registry, @Nullable Credentials credentials, boolean plainHttp) {
    this.registry = registry;
    this.exchange = new Exchange(registry, credentials, plainHttp);
  }

  /** Is a manifest or index as it came, with the digest of its bytes. */
  public record Manifest(byte[] bytes, Descriptor descriptor) {}

  /**
   * Fetches a manifest or index.
   *
   * @param reference a tag or {@code sha256:…}; a digest is checked
   */
  public Manifest manifest(String repository, String reference) {
    var response =
        exchange.get("/v2/" + repository + "/manifests/" + reference, ACCEPT, pull(repository));
    var expected = reference.startsWith("sha256:") ? Digest.parse(reference) : null;
    var what = registry + "/" + repository + " manifest " + reference;
    byte[] bytes;
    try (var in = new VerifyingInput(response.body(), expected, -1, MAX_MANIFEST, what)) {
      bytes = in.readAllBytes();
    } catch (IOException e) {
      throw new RegistryException(Reason.UNAVAILABLE, what + ": the transfer broke off", e);
    }
    var type = Json.object(bytes, what).path("mediaType").asString("");
    if (type.isEmpty()) {
      type = response.headers().firstValue("content-type").orElse(MediaTypes.MANIFEST);
    }
    return new Manifest(bytes, Descriptor.of(type, Digest.of(bytes), bytes.length));
  }

  /** Returns the digest that a tag points to now, if it is there. */
  public Optional<Digest> resolve(String repository, String tag) {
    try {
      return Optional.of(manifest(repository, tag).descriptor().digest());
    } catch (RegistryException e) {
      if (e.reason() == Reason.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Opens a blob; its bytes are checked against the descriptor while they are read. */
  public InputStream blob(String repository, Descriptor descriptor, long limit) {
    var what = registry + "/" + repository + " blob " + descriptor.digest();
    var response =
        exchange.get(
            "/v2/" + repository + "/blobs/" + descriptor.digest(), "*/*", pull(repository));
    return new VerifyingInput(response.body(), descriptor.digest(), descriptor.size(), limit, what);
  }

  /** Pushes a blob, unless the registry has it. */
  public void pushBlob(String repository, Descriptor blob, byte[] bytes, Progress progress) {
    var scope = push(repository);
    var digest = blob.digest().toString();
    if (exchange.exists("/v2/" + repository + "/blobs/" + digest, scope)) {
      progress.moved(digest, blob.size(), blob.size());
      return;
    }
    var begun =
        exchange.send("POST", "/v2/" + repository + "/blobs/uploads/", Map.of(), null, scope, 202);
    var location =
        begun
            .headers()
            .firstValue("location")
            .orElseThrow(
                () ->
                    new RegistryException(
                        Reason.UNAVAILABLE, registry + " began an upload without a location"));
    var upload = exchange.resolve(location);
    var target =
        URI.create(upload + (upload.getRawQuery() == null ? "?" : "&") + "digest=" + digest);
    progress.moved(digest, 0, blob.size());
    exchange.sendTo(
        "PUT",
        target,
        Map.of("Content-Type", "application/octet-stream"),
        BodyPublishers.ofByteArray(bytes),
        scope,
        201);
    progress.moved(digest, blob.size(), blob.size());
  }

  /**
   * Pushes a manifest.
   *
   * @param reference a tag or the manifest's digest
   */
  public void pushManifest(String repository, String reference, byte[] bytes, String mediaType) {
    exchange.send(
        "PUT",
        "/v2/" + repository + "/manifests/" + reference,
        Map.of("Content-Type", mediaType),
        BodyPublishers.ofByteArray(bytes),
        push(repository),
        201);
  }

  private static String pull(String repository) {
    return "repository:" + repository + ":pull";
  }

  private static String push(String repository) {
    return "repository:" + repository + ":pull,push";
  }

  @Override
  public void close() {
    exchange.close();
  }
}
