package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.BlobUpload;
import dev.sluice.registry.internal.Exchange;
import dev.sluice.registry.internal.Exchange.Ask;
import dev.sluice.registry.internal.Json;
import dev.sluice.registry.internal.ReferrersIndex;
import dev.sluice.registry.internal.Scope;
import dev.sluice.registry.internal.VerifyingInput;
import dev.sluice.registry.internal.WatchedInput;
import dev.sluice.registry.internal.net.Answer;
import dev.sluice.registry.internal.net.Content;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Speaks to one registry (OCI distribution specification 1.1), and to its mirrors where some are
 * set. Blocks; thread-safe. Credentials go to that registry and its token realm and nowhere else;
 * cleartext HTTP only to loopback addresses, unless it is allowed.
 */
public final class RegistryClient implements AutoCloseable {
  /** The most bytes of a manifest or index. */
  public static final long MAX_MANIFEST = 4 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(RegistryClient.class);
  private static final int MAX_TRIES = 3;
  private static final int MAX_PAGES = 100;
  private static final Pattern NEXT = Pattern.compile("<([^>]*)>\\s*;.*rel=\"?next\"?.*");
  private static final Set<String> MANIFEST_TYPES =
      Set.of(
          MediaTypes.INDEX,
          MediaTypes.MANIFEST,
          MediaTypes.DOCKER_MANIFEST,
          MediaTypes.DOCKER_LIST);
  private static final String ACCEPT =
      String.join(
          ", ",
          MediaTypes.INDEX,
          MediaTypes.MANIFEST,
          MediaTypes.DOCKER_MANIFEST,
          MediaTypes.DOCKER_LIST);

  private final String registry;
  private final long chunk;
  private final Endpoint own;
  private final List<Endpoint> pullFrom;

  private record Endpoint(String name, Exchange exchange) {}

  /** Connects when first used. */
  public RegistryClient(String registry, RegistrySettings settings) {
    this.registry = registry;
    this.chunk = settings.chunk();
    this.own = new Endpoint(registry, Exchange.withRegistry(registry, settings));
    this.pullFrom = new ArrayList<>();
    for (var mirror : settings.host(registry).mirrors()) {
      pullFrom.add(new Endpoint(mirror, Exchange.withRegistry(mirror, settings)));
    }
    pullFrom.add(own);
  }

  /**
   * Knows one set of credentials and no mirrors.
   *
   * @param registry host, with a port where it needs one
   * @param plainHttp whether HTTP without TLS is allowed where the host is not this machine
   */
  public RegistryClient(String registry, @Nullable Credentials credentials, boolean plainHttp) {
    this(registry, settings(registry, credentials, plainHttp));
  }

  private static RegistrySettings settings(
      String registry, @Nullable Credentials credentials, boolean plainHttp) {
    var settings = RegistrySettings.PLAIN.withCredentials(CredentialSource.of(credentials));
    return plainHttp ? settings.withPlainHttp(registry) : settings;
  }

  /** Is a manifest or index as it came, with the digest of its bytes. */
  public record Manifest(byte[] bytes, Descriptor descriptor) {}

  /** Asks whether the registry is there and lets its client in (end-1). */
  public void check() {
    own.exchange.send(Ask.of("GET", "/v2/", Scope.NONE), 200).close();
  }

  /**
   * Fetches a manifest or index (end-3).
   *
   * @param reference a tag or a digest, which is checked
   */
  public Manifest manifest(String repository, String reference) {
    return pulling(endpoint -> manifest(endpoint, repository, reference));
  }

  private static Manifest manifest(Endpoint endpoint, String repository, String reference) {
    var what = endpoint.name + "/" + repository + " manifest " + reference;
    var ask = Ask.of("GET", path(repository, "manifests", reference), Scope.pull(repository));
    var expected = Digest.isDigest(reference) ? Digest.parse(reference) : null;
    try (var answer = endpoint.exchange.send(ask.with("Accept", ACCEPT), 200);
        var in = new VerifyingInput(answer.body(), expected, -1, MAX_MANIFEST, what)) {
      var bytes = in.readAllBytes();
      var digest = expected == null ? checkHeader(answer, bytes, what) : expected;
      return new Manifest(
          bytes, Descriptor.of(mediaType(answer, bytes, what), digest, bytes.length));
    } catch (IOException e) {
      throw new RegistryException(
          Reason.UNAVAILABLE, what + ": the transfer broke off: " + e.getMessage(), e);
    }
  }

  /** Holds what a registry says about the digest of a tag's manifest against the bytes. */
  private static Digest checkHeader(Answer answer, byte[] bytes, String what) {
    var claimed = answer.headers().first("docker-content-digest");
    if (claimed.isEmpty()) {
      return Digest.of(bytes);
    }
    var digest = Digest.parse(claimed.get());
    if (!digest.ofSame(bytes).equals(digest)) {
      throw new RegistryException(
          Reason.MISMATCH,
          what + ": digest " + digest.ofSame(bytes) + " (the registry says: " + digest + ")");
    }
    return digest;
  }

  /** Returns the type that a manifest has by itself and by its header, which must agree. */
  private static String mediaType(Answer answer, byte[] bytes, String what) {
    var own = Json.object(bytes, what).path("mediaType").asString("");
    var header = answer.headers().first("content-type").orElse("").split(";", 2)[0].strip();
    if (own.isEmpty()) {
      return header.isEmpty() ? MediaTypes.MANIFEST : header;
    }
    if (MANIFEST_TYPES.contains(header) && !header.equals(own)) {
      throw new RegistryException(
          Reason.MISMATCH, what + ": media type " + own + ", but sent as " + header);
    }
    return own;
  }

  /** Returns the digest that a tag points to now, if it is there. */
  public Optional<Digest> resolve(String repository, String tag) {
    try {
      return Optional.of(pulling(endpoint -> resolve(endpoint, repository, tag)));
    } catch (RegistryException e) {
      if (e.reason() == Reason.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Digest resolve(Endpoint endpoint, String repository, String tag) {
    var ask = Ask.of("HEAD", path(repository, "manifests", tag), Scope.pull(repository));
    try (var answer = endpoint.exchange.send(ask.with("Accept", ACCEPT), 200)) {
      var digest = answer.headers().first("docker-content-digest");
      return digest.isPresent()
          ? Digest.parse(digest.get())
          : manifest(endpoint, repository, tag).descriptor().digest();
    }
  }

  /** Opens a blob; its bytes are checked against the descriptor while they are read (end-2). */
  public InputStream blob(String repository, Descriptor descriptor, long limit) {
    return pulling(endpoint -> blob(endpoint, repository, descriptor, limit));
  }

  private static InputStream blob(
      Endpoint endpoint, String repository, Descriptor descriptor, long limit) {
    var digest = descriptor.digest();
    var ask = Ask.of("GET", path(repository, "blobs", digest.toString()), Scope.pull(repository));
    var what = endpoint.name + "/" + repository + " blob " + digest;
    // A size that is too large is refused before anything is fetched.
    VerifyingInput.checkSize(descriptor.size(), limit, what);
    var answer = endpoint.exchange.send(ask, 200);
    return new VerifyingInput(answer.body(), digest, descriptor.size(), limit, what);
  }

  /**
   * Has a blob read as a whole: again when the transfer breaks off, and from the next mirror when
   * what comes is wrong.
   *
   * @param reader is given the blob from its start each time
   */
  public void read(
      String repository,
      Descriptor descriptor,
      long limit,
      Progress progress,
      Consumer<InputStream> reader) {
    pulling(
        endpoint -> {
          for (int tries = 1; ; tries++) {
            try (var in = blob(endpoint, repository, descriptor, limit);
                var watched = new WatchedInput(in, descriptor, progress)) {
              reader.accept(watched);
              return descriptor;
            } catch (IOException | UncheckedIOException e) {
              var cause =
                  e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
              if (tries == MAX_TRIES || cause instanceof SocketTimeoutException) {
                var what = endpoint.name + "/" + repository + " blob " + descriptor.digest();
                throw new RegistryException(
                    Reason.UNAVAILABLE,
                    what + ": the transfer broke off: " + cause.getMessage(),
                    e);
              }
            }
          }
        });
  }

  /** Asks the mirrors and then the registry itself, until one gives what is wanted. */
  private <T> T pulling(Function<Endpoint, T> action) {
    List<RegistryException> earlier = new ArrayList<>();
    for (var endpoint : pullFrom) {
      try {
        return action.apply(endpoint);
      } catch (RegistryException e) {
        if (endpoint.equals(own)) {
          earlier.forEach(e::addSuppressed);
          throw e;
        }
        LOG.info("mirror {} of {}: {}", endpoint.name, registry, e.getMessage());
        earlier.add(e);
      }
    }
    throw new IllegalStateException("the registry itself is always asked");
  }

  /** Returns whether the registry itself has a blob. */
  public boolean hasBlob(String repository, Digest digest) {
    var ask = Ask.of("HEAD", path(repository, "blobs", digest.toString()), Scope.push(repository));
    try (var answer = own.exchange.send(ask, 200, 404)) {
      return answer.status() == 200;
    }
  }

  /** Pushes a blob, unless the registry has it (end-4a, end-5, end-6). */
  public void pushBlob(String repository, Descriptor blob, byte[] bytes, Progress progress) {
    push(repository, blob, Content.of(bytes), progress);
  }

  /** Pushes a file as a blob, unless the registry has it. */
  public void pushBlob(String repository, Descriptor blob, Path file, Progress progress) {
    push(repository, blob, Content.of(blob.size(), () -> Files.newInputStream(file)), progress);
  }

  private void push(String repository, Descriptor blob, Content content, Progress progress) {
    if (hasBlob(repository, blob.digest())) {
      progress.moved(blob.digest().toString(), blob.size(), blob.size());
      return;
    }
    new BlobUpload(own.exchange, repository, chunk).push(blob, content, progress);
  }

  /**
   * Has the registry take a blob over from another of its repositories (end-11).
   *
   * @return whether it did; otherwise the blob must be pushed
   */
  public boolean mountBlob(String repository, String from, Digest digest) {
    return new BlobUpload(own.exchange, repository, chunk).mount(from, digest);
  }

  /**
   * Pushes a manifest (end-7); one with a subject is listed among the subject's referrers, by the
   * registry, or by its client where the registry knows no referrers.
   *
   * @param reference a tag or the manifest's digest
   * @throws RegistryException MISMATCH when the registry stored something else
   */
  public void pushManifest(String repository, String reference, byte[] bytes, String mediaType) {
    var ask =
        Ask.of("PUT", path(repository, "manifests", reference), Scope.push(repository))
            .with("Content-Type", mediaType)
            .with(Content.of(bytes));
    try (var answer = own.exchange.send(ask, 201)) {
      var stored = answer.headers().first("docker-content-digest").map(Digest::parse);
      if (stored.isPresent() && !stored.get().ofSame(bytes).equals(stored.get())) {
        throw new RegistryException(
            Reason.MISMATCH,
            registry + " stored a manifest with digest " + stored.get() + ", not the one pushed");
      }
      var document = Json.object(bytes, "the manifest");
      if (document.has("subject") && answer.headers().first("oci-subject").isEmpty()) {
        listReferrer(
            repository, document, Descriptor.of(mediaType, Digest.of(bytes), bytes.length));
      }
    }
  }

  /** Adds a manifest to the index that stands for the list of its subject's referrers. */
  private void listReferrer(String repository, ObjectNode document, Descriptor referrer) {
    var subject = Digest.parse(document.path("subject").path("digest").asString(""));
    var tag = ReferrersIndex.tag(subject);
    var before = own(() -> manifest(own, repository, tag).bytes());
    var index = ReferrersIndex.with(before.orElse(null), ReferrersIndex.entry(document, referrer));
    if (index.isPresent()) {
      pushManifest(repository, tag, index.get(), MediaTypes.INDEX);
    }
  }

  private static <T> Optional<T> own(java.util.function.Supplier<T> action) {
    try {
      return Optional.of(action.get());
    } catch (RegistryException e) {
      if (e.reason() == Reason.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Returns the tags of a repository in the registry's order (end-8). */
  public List<String> tags(String repository) {
    return pulling(
        endpoint -> {
          var tags = new ArrayList<String>();
          var first = URI.create("/v2/" + repository + "/tags/list?n=1000");
          var what = endpoint.name + "/" + repository + " tags";
          pages(endpoint, first, Scope.pull(repository), what, 200)
              .forEach(
                  page ->
                      page.path("tags")
                          .forEach(
                              tag -> {
                                if (PluginUrl.TAG.matcher(tag.asString("")).matches()) {
                                  tags.add(tag.asString(""));
                                }
                              }));
          return tags;
        });
  }

  /**
   * Returns the manifests whose subject is a digest (end-12), or those that the index under the tag
   * {@code sha256-…} lists where the registry knows no referrers.
   *
   * @param artifactType only these; empty for all
   */
  public List<Descriptor> referrers(String repository, Digest subject, String artifactType) {
    return pulling(
        endpoint -> {
          var query =
              artifactType.isEmpty()
                  ? ""
                  : "?artifactType=" + URLEncoder.encode(artifactType, StandardCharsets.UTF_8);
          var first = URI.create("/v2/" + repository + "/referrers/" + subject + query);
          var what = endpoint.name + "/" + repository + " referrers of " + subject;
          // Registries that do not know the request answer one or the other of these.
          var pages =
              pages(endpoint, first, Scope.pull(repository), what, 200, 400, 404, 405, 406, 501);
          var indexes =
              pages.isEmpty()
                  ? own(() -> manifest(endpoint, repository, ReferrersIndex.tag(subject)))
                      .map(found -> List.of(Json.object(found.bytes(), what)))
                      .orElse(List.of())
                  : pages;
          return indexes.stream()
              .flatMap(index -> ReferrersIndex.entries(index, what).stream())
              .filter(d -> artifactType.isEmpty() || artifactType.equals(d.artifactType()))
              .toList();
        });
  }

  /** Follows a list from page to page; answers none when the first status is not 200. */
  private List<ObjectNode> pages(
      Endpoint endpoint, URI first, Scope scope, String what, Integer... statuses) {
    List<ObjectNode> pages = new ArrayList<>();
    var target = first;
    while (pages.size() < MAX_PAGES) {
      var ask = new Ask("GET", target, Map.of(), null, scope);
      try (var answer = endpoint.exchange.send(ask, statuses);
          var in = new VerifyingInput(answer.body(), null, -1, MAX_MANIFEST, what)) {
        if (answer.status() != 200) {
          return List.of();
        }
        pages.add(Json.object(in.readAllBytes(), what));
        var link = NEXT.matcher(answer.headers().first("link").orElse(""));
        if (!link.matches()) {
          return pages;
        }
        target = endpoint.exchange.next(target, link.group(1));
      } catch (IOException e) {
        throw new RegistryException(
            Reason.UNAVAILABLE, what + ": the transfer broke off: " + e.getMessage(), e);
      }
    }
    throw new RegistryException(
        Reason.TOO_LARGE, what + ": more than " + MAX_PAGES + " pages (is the list endless?)");
  }

  /** Deletes a tag, or a manifest by its digest (end-9). */
  public void deleteManifest(String repository, String reference) {
    var ask = Ask.of("DELETE", path(repository, "manifests", reference), Scope.delete(repository));
    own.exchange.send(ask, 202, 200, 204).close();
  }

  /** Deletes a blob (end-10). */
  public void deleteBlob(String repository, Digest digest) {
    var ask =
        Ask.of("DELETE", path(repository, "blobs", digest.toString()), Scope.delete(repository));
    own.exchange.send(ask, 202, 200, 204).close();
  }

  private static String path(String repository, String kind, String reference) {
    return "/v2/" + repository + "/" + kind + "/" + reference;
  }

  @Override
  public void close() {
    pullFrom.forEach(endpoint -> endpoint.exchange.close());
  }
}
