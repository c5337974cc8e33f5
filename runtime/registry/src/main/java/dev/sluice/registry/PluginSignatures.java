package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.ArtifactSource;
import dev.sluice.registry.internal.Json;
import dev.sluice.registry.internal.sign.FoundSignature;
import dev.sluice.registry.internal.sign.SignatureCheck;
import dev.sluice.registry.internal.sign.SignatureFinder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * Signs plugins in a registry and lists their signatures, in both forms of cosign: below the tag
 * {@code sha256-….sig}, which cosign 2 reads, and as a bundle that refers to the plugin, which
 * cosign 3 writes.
 */
public final class PluginSignatures {
  private static final String BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
  private static final String IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json";
  private static final String ANNOTATION = "dev.cosignproject.cosign/signature";
  private static final byte[] EMPTY = {'{', '}'};

  private final RegistryClient client;
  private final PluginUrl.Oci target;
  private final Descriptor subject;

  /**
   * Looks a plugin up.
   *
   * @throws RegistryException when it is not there
   */
  public PluginSignatures(RegistryClient client, PluginUrl.Oci target) {
    this.client = client;
    this.target = target;
    this.subject = client.manifest(target.repository(), target.reference()).descriptor();
  }

  /**
   * Is a signature that was found.
   *
   * @param form {@code tag} or {@code bundle}
   * @param about whether it speaks about this plugin
   * @param key the key that it is by, of those that were asked for
   */
  public record Listed(String form, boolean about, Optional<String> key) {}

  /** Returns the digest that is signed. */
  public Digest digest() {
    return subject.digest();
  }

  /** Lists what is there. */
  public List<Listed> list(List<VerifyingKey> keys) {
    return find().stream()
        .map(
            found ->
                new Listed(
                    found.form(),
                    found.isAbout(subject.digest()),
                    SignatureCheck.signer(found, subject.digest(), keys).map(VerifyingKey::source)))
        .toList();
  }

  /**
   * Checks that one of some keys signed the plugin.
   *
   * @return the key
   * @throws RegistryException UNVERIFIED with what was found instead
   */
  public VerifyingKey verify(List<VerifyingKey> keys) {
    return SignatureCheck.check(
            find(), subject.digest(), new SignaturePolicy(keys, true), target.text())
        .orElseThrow();
  }

  private List<FoundSignature> find() {
    return new SignatureFinder(ArtifactSource.of(client, target.repository()))
        .find(subject.digest());
  }

  /** Says how a signature is kept. */
  public enum Form {
    /** Below a tag, as cosign 1 and 2 do. */
    TAG,
    /** As a bundle that refers to the plugin, as cosign 3 does. */
    BUNDLE
  }

  /** Signs the plugin; signatures that it has stay. */
  public void sign(SigningKey key, Set<Form> forms) {
    if (forms.contains(Form.TAG)) {
      signByTag(key);
    }
    if (forms.contains(Form.BUNDLE)) {
      signByBundle(key);
    }
  }

  private void signByTag(SigningKey key) {
    var document = Json.MAPPER.createObjectNode();
    var critical = document.putObject("critical");
    critical
        .putObject("identity")
        .put("docker-reference", target.registry() + "/" + target.repository());
    critical.putObject("image").put("docker-manifest-digest", subject.digest().toString());
    critical.put("type", FoundSignature.SIMPLE_SIGNING);
    document.putNull("optional");
    var payload = Json.bytes(document);
    var tag = SignatureFinder.tag(subject.digest());
    var manifest = before(tag);
    var layer =
        new Descriptor(
            MediaTypes.SIMPLE_SIGNING,
            Digest.of(payload),
            payload.length,
            null,
            java.util.Map.of(ANNOTATION, base64(key.sign(payload))));
    push(layer, payload);
    manifest.withArray("/layers").add(Json.node(layer));
    var config = imageConfig(manifest);
    var described = Descriptor.of(IMAGE_CONFIG, Digest.of(config), config.length);
    push(described, config);
    manifest.set("config", Json.node(described));
    client.pushManifest(target.repository(), tag, Json.bytes(manifest), MediaTypes.MANIFEST);
  }

  private ObjectNode before(String tag) {
    try {
      return Json.object(client.manifest(target.repository(), tag).bytes(), "the signatures");
    } catch (RegistryException e) {
      if (e.reason() != Reason.NOT_FOUND) {
        throw e;
      }
      var manifest = Json.MAPPER.createObjectNode();
      manifest.put("schemaVersion", 2).put("mediaType", MediaTypes.MANIFEST).putArray("layers");
      return manifest;
    }
  }

  /** Returns the configuration of an image, which is what the tag form pretends to be. */
  private static byte[] imageConfig(ObjectNode manifest) {
    var config = Json.MAPPER.createObjectNode();
    config.put("architecture", "").put("os", "").put("created", "0001-01-01T00:00:00Z");
    config.putObject("config");
    var history = config.putArray("history");
    var rootfs = config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
    for (var layer : manifest.path("layers")) {
      history.addObject().put("created", "0001-01-01T00:00:00Z");
      rootfs.add(layer.path("digest").asString(""));
    }
    return Json.bytes(config);
  }

  private void signByBundle(SigningKey key) {
    var statement = Json.MAPPER.createObjectNode();
    statement.put("_type", "https://in-toto.io/Statement/v1");
    statement
        .putArray("subject")
        .addObject()
        .putObject("digest")
        .put(subject.digest().algorithm(), subject.digest().hex());
    statement.put("predicateType", FoundSignature.SIGNS).putObject("predicate");
    var payload = Json.bytes(statement);
    var bundle = Json.MAPPER.createObjectNode().put("mediaType", BUNDLE);
    bundle.putObject("verificationMaterial").putObject("publicKey").put("hint", "");
    var envelope = bundle.putObject("dsseEnvelope");
    envelope.put("payload", base64(payload)).put("payloadType", FoundSignature.IN_TOTO);
    envelope
        .putArray("signatures")
        .addObject()
        .put("sig", base64(key.sign(FoundSignature.envelope(FoundSignature.IN_TOTO, payload))));
    var bytes = Json.bytes(bundle);
    var layer = Descriptor.of(BUNDLE, Digest.of(bytes), bytes.length);
    push(layer, bytes);
    var config = Descriptor.of(MediaTypes.EMPTY, Digest.of(EMPTY), EMPTY.length);
    push(config, EMPTY);
    var manifest = Json.MAPPER.createObjectNode();
    manifest.put("schemaVersion", 2).put("mediaType", MediaTypes.MANIFEST);
    manifest.put("artifactType", BUNDLE).set("config", Json.node(config));
    manifest.putArray("layers").add(Json.node(layer));
    manifest.set("subject", Json.node(subject));
    manifest
        .putObject("annotations")
        .put(
            "org.opencontainers.image.created",
            Instant.now().truncatedTo(ChronoUnit.SECONDS).toString())
        .put("dev.sigstore.bundle.content", "dsse-envelope")
        .put("dev.sigstore.bundle.predicateType", FoundSignature.SIGNS);
    var referrer = Json.bytes(manifest);
    client.pushManifest(
        target.repository(), Digest.of(referrer).toString(), referrer, MediaTypes.MANIFEST);
  }

  private void push(Descriptor blob, byte[] bytes) {
    client.pushBlob(target.repository(), blob, bytes, Progress.NONE);
  }

  private static String base64(byte[] bytes) {
    return java.util.Base64.getEncoder().encodeToString(bytes);
  }
}
