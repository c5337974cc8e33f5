package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.ArtifactSource;
import dev.sluice.registry.internal.ArtifactUnpacker;
import dev.sluice.registry.internal.ContentStore;
import dev.sluice.registry.internal.FileSource;
import dev.sluice.registry.internal.HttpSource;
import dev.sluice.registry.internal.TagCache;
import dev.sluice.registry.internal.sign.SignatureCache;
import dev.sluice.registry.internal.sign.SignatureCheck;
import dev.sluice.registry.internal.sign.SignatureFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets plugins by their url and puts them on disk, verified. Blocks; thread-safe; several processes
 * may share the cache folder.
 */
public final class ArtifactResolver {
  /** The most bytes of a module unless set otherwise: 256 MiB, as in Istio. */
  public static final long MAX_MODULE = 256L << 20;

  /** How long the cache keeps what nobody asks for. */
  public static final Duration MAX_AGE = Duration.ofDays(30);

  private static final Logger LOG = LoggerFactory.getLogger(ArtifactResolver.class);

  private final Path base;
  private final RegistrySettings settings;
  private final ContentStore store;
  private final TagCache tags;
  private final ArtifactUnpacker unpacker;
  private final SignatureCache signatures;

  /**
   * @param base relative paths in urls are relative to this folder
   * @param cache where artifacts are kept; made with mode 0700 when missing
   * @param maxCacheBytes what the cache may hold; the least recently used goes first
   */
  public ArtifactResolver(Path base, Path cache, long maxCacheBytes) {
    this(base, cache, maxCacheBytes, RegistrySettings.ofUser());
  }

  /**
   * Reaches registries as the settings say.
   *
   * @param base relative paths in urls are relative to this folder
   * @param cache where artifacts are kept; made with mode 0700 when missing
   * @param maxCacheBytes what the cache may hold; the least recently used goes first
   */
  public ArtifactResolver(Path base, Path cache, long maxCacheBytes, RegistrySettings settings) {
    this.base = base;
    this.settings = settings;
    this.tags = TagCache.open(cache, maxCacheBytes, MAX_AGE);
    this.store = new ContentStore(cache);
    this.signatures = new SignatureCache(cache);
    this.unpacker = new ArtifactUnpacker(store, MAX_MODULE);
  }

  private ArtifactResolver(ArtifactResolver other, RegistrySettings settings) {
    this.base = other.base;
    this.settings = settings;
    this.tags = other.tags;
    this.store = other.store;
    this.signatures = other.signatures;
    this.unpacker = other.unpacker;
  }

  /** Returns the same that knows something special about some registries. */
  public ArtifactResolver with(Map<String, RegistrySettings.Host> hosts) {
    var changed = settings;
    for (var entry : hosts.entrySet()) {
      changed = changed.withHost(entry.getKey(), entry.getValue());
    }
    return new ArtifactResolver(this, changed);
  }

  /** Says when a tag is resolved again (Istio's {@code imagePullPolicy}). */
  public enum PullPolicy {
    /** When it is not in the cache. */
    IF_NOT_PRESENT,
    /** Each time it is asked for; the cache helps out while the registry is down. */
    ALWAYS
  }

  /**
   * Asks for a plugin.
   *
   * @param sha256 what the artifact must have: the manifest's digest for OCI, else the file's
   * @param pullPolicy null for the default: ALWAYS for {@code :latest}, else IF_NOT_PRESENT; a
   *     digest makes it IF_NOT_PRESENT
   * @param policy whose signature it must have
   */
  public record Request(
      PluginUrl url,
      @Nullable Digest sha256,
      @Nullable PullPolicy pullPolicy,
      @Nullable Credentials credentials,
      boolean plainHttp,
      SignaturePolicy policy) {
    /** Asks for a plugin whoever signed it. */
    public Request(
        PluginUrl url,
        @Nullable Digest sha256,
        @Nullable PullPolicy pullPolicy,
        @Nullable Credentials credentials,
        boolean plainHttp) {
      this(url, sha256, pullPolicy, credentials, plainHttp, SignaturePolicy.NONE);
    }
  }

  /** Parses a url relative to the base folder. */
  public PluginUrl parse(String url) {
    return PluginUrl.parse(url, base);
  }

  /**
   * Gets a plugin.
   *
   * @throws RegistryException with a message that names the url and what is wrong
   */
  public PluginArtifact resolve(Request request, Progress progress) {
    return resolve(request, progress, true);
  }

  /**
   * Gets what a plugin's url leads to now, whatever the cache says and the request's policy; a
   * registry that cannot be reached is an error.
   *
   * @throws RegistryException with a message that names the url and what is wrong
   */
  public PluginArtifact refresh(Request request, Progress progress) {
    var always =
        new Request(
            request.url(),
            request.sha256(),
            PullPolicy.ALWAYS,
            request.credentials(),
            request.plainHttp(),
            request.policy());
    return resolve(always, progress, false);
  }

  private PluginArtifact resolve(Request request, Progress progress, boolean cacheWillDo) {
    var artifact =
        switch (request.url()) {
          case PluginUrl.Oci oci -> oci(request, oci, progress, cacheWillDo);
          case PluginUrl.Layout layout -> layout(layout, request);
          case PluginUrl.File file -> file(file, request);
          case PluginUrl.Http http ->
              HttpSource.fetch(
                  unsigned(http, request), request.sha256(), settings, store, MAX_MODULE, progress);
        };
    if (request.sha256() != null && !request.sha256().equals(artifact.digest())) {
      throw new RegistryException(
          Reason.MISMATCH,
          request.url().text()
              + " has digest "
              + artifact.digest()
              + " (expected: sha256 "
              + request.sha256()
              + ")");
    }
    return artifact;
  }

  private PluginArtifact oci(
      Request request, PluginUrl.Oci url, Progress progress, boolean cacheWillDo) {
    var pinned = url.digest() != null ? url.digest() : request.sha256();
    var known = pinned != null ? Optional.of(pinned) : tags.digest(url);
    if (known.isPresent() && !pullsAlways(request, url, pinned)) {
      var cached = cached(url, known.get(), request.policy());
      if (cached.isPresent()) {
        return cached.get();
      }
    }
    try (var client = new RegistryClient(url.registry(), settings(request, url))) {
      var source = ArtifactSource.of(client, url.repository());
      var digest = verified(client, source, url, request.policy());
      var artifact = unpacker.unpack(url.text(), source, digest, progress);
      tags.remember(url, artifact.digest());
      tags.trim();
      return artifact;
    } catch (RegistryException e) {
      if (cacheWillDo && e.reason() == Reason.UNAVAILABLE && known.isPresent()) {
        var cached = cached(url, known.get(), request.policy());
        if (cached.isPresent()) {
          LOG.warn("{}: {}; using {} from the cache", url.text(), e.getMessage(), known.get());
          return cached.get();
        }
      }
      throw e;
    }
  }

  /** Removes from the cache what is too old or too much; {@link #resolve} does it after a pull. */
  public void trim() {
    tags.trim();
  }

  /** Returns what is in the cache, when the signatures kept beside it satisfy the policy. */
  private Optional<PluginArtifact> cached(
      PluginUrl.Oci url, Digest digest, SignaturePolicy policy) {
    if (policy.checks()) {
      try {
        SignatureCheck.check(signatures.read(digest), digest, policy, url.text());
      } catch (RegistryException e) {
        return Optional.empty();
      }
    }
    return unpacker.cached(url.text(), digest);
  }

  /** Returns what to fetch: with a policy, the digest whose signature satisfies it. */
  private String verified(
      RegistryClient client, ArtifactSource source, PluginUrl.Oci url, SignaturePolicy policy) {
    if (!policy.checks()) {
      return url.reference();
    }
    var manifest = client.manifest(url.repository(), url.reference());
    var digest = manifest.descriptor().digest();
    var found = new SignatureFinder(source).find(digest);
    var signer = SignatureCheck.check(found, digest, policy, url.text());
    if (signer.isPresent()) {
      LOG.info("{} {} is signed by {}", url.text(), digest, signer.get().source());
    } else {
      LOG.warn("{} {} is not signed", url.text(), digest);
    }
    signatures.write(digest, found);
    store.write(manifest.bytes(), digest);
    return digest.toString();
  }

  private RegistrySettings settings(Request request, PluginUrl.Oci url) {
    var own = settings;
    if (request.plainHttp()) {
      own = own.withPlainHttp(url.registry());
    }
    if (request.credentials() != null) {
      // They are for the registry that the plugin names, not for its mirrors.
      var given = request.credentials();
      own =
          own.withCredentials(
              (registry, repository) ->
                  registry.equals(url.registry())
                      ? Optional.of(given)
                      : settings.credentials().find(registry, repository));
    }
    return own;
  }

  private static boolean pullsAlways(Request request, PluginUrl.Oci url, @Nullable Digest pinned) {
    if (pinned != null) {
      return false;
    }
    return request.pullPolicy() == null
        ? "latest".equals(url.tag())
        : request.pullPolicy() == PullPolicy.ALWAYS;
  }

  /** Refuses what cannot be signed where a signature is asked for. */
  private static <T extends PluginUrl> T unsigned(T url, Request request) {
    if (request.policy().required()) {
      throw new RegistryException(
          Reason.UNVERIFIED,
          url.text() + " cannot carry a signature, which is required (expected: an OCI artifact)");
    }
    return url;
  }

  private PluginArtifact layout(PluginUrl.Layout url, Request request) {
    var sha256 = request.sha256();
    var layout = OciLayout.open(url.folder());
    var digest = url.digest() != null ? url.digest() : sha256;
    var all = layout.manifests();
    var found =
        digest != null
            ? layout.byDigest(digest)
            : url.tag() != null
                ? layout.byTag(url.tag())
                : all.size() == 1 ? Optional.of(all.getFirst()) : Optional.<Descriptor>empty();
    var manifest =
        found.orElseThrow(
            () ->
                new RegistryException(
                    Reason.NOT_FOUND,
                    url.text()
                        + " does not name one of its "
                        + all.size()
                        + " manifests, tags "
                        + layout.tags()));
    var source = ArtifactSource.of(layout);
    if (request.policy().checks()) {
      var signed = new SignatureFinder(source).find(manifest.digest());
      SignatureCheck.check(signed, manifest.digest(), request.policy(), url.text());
    }
    return unpacker.unpack(url.text(), source, manifest.digest().toString(), Progress.NONE);
  }

  private PluginArtifact file(PluginUrl.File url, Request request) {
    if (Files.isDirectory(url.path())) {
      var built = url.path().resolve("build").resolve("oci");
      var folder = OciLayout.isLayout(url.path()) ? url.path() : built;
      return layout(new PluginUrl.Layout(folder, null, null), request);
    }
    return FileSource.read(unsigned(url, request), store, MAX_MODULE);
  }
}
