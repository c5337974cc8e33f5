package dev.sluice.registry;

import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.AtomicFile;
import dev.sluice.registry.internal.ContentStore;
import dev.sluice.registry.internal.Json;
import dev.sluice.registry.internal.ReferrersIndex;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Is an OCI image layout folder (OCI image specification, "Image Layout"): {@code oci-layout},
 * {@code index.json} and {@code blobs}. Changes are atomic; threads and processes may share it.
 */
public final class OciLayout {
  /** The annotation that holds the tag of a manifest in the index. */
  public static final String REF_NAME = "org.opencontainers.image.ref.name";

  private static final String MARKER = "oci-layout";
  private static final String VERSION = "{\"imageLayoutVersion\":\"1.0.0\"}";
  private static final long MAX_INDEX = 4 << 20;

  private final Path folder;
  private final ContentStore content;

  private OciLayout(Path folder) {
    this.folder = folder;
    this.content = new ContentStore(folder);
  }

  /** Returns whether a folder is a layout. */
  public static boolean isLayout(Path folder) {
    return Files.isRegularFile(folder.resolve(MARKER));
  }

  /**
   * Opens a layout.
   *
   * @throws RegistryException NOT_FOUND when the folder is none
   */
  public static OciLayout open(Path folder) {
    if (!isLayout(folder)) {
      throw new RegistryException(
          Reason.NOT_FOUND, folder + " is no OCI layout (expected: a file " + MARKER + " in it)");
    }
    return new OciLayout(folder);
  }

  /** Opens a layout, and makes it when it is not there. */
  public static OciLayout create(Path folder) {
    var layout = new OciLayout(folder);
    if (!isLayout(folder)) {
      AtomicFile.write(folder.resolve(MARKER), VERSION.getBytes(StandardCharsets.UTF_8));
    }
    return layout;
  }

  /** Returns the folder. */
  public Path folder() {
    return folder;
  }

  /** Returns whether a blob is there. */
  public boolean contains(Digest digest) {
    return content.contains(digest);
  }

  /** Opens a blob; its bytes are checked while they are read. */
  public InputStream blob(Digest digest, long size, long limit) {
    return content.open(digest, size, limit);
  }

  /** Returns the file of a blob. */
  public Path path(Digest digest) {
    return content.path(digest);
  }

  /** Stores bytes and returns their digest. */
  public Digest write(byte[] bytes) {
    return content.write(bytes);
  }

  /** Stores bytes that have a digest. */
  public void write(byte[] bytes, Digest digest) {
    content.write(bytes, digest);
  }

  /** Stores what a stream brings; the stream verifies itself. */
  public void write(InputStream in, Digest digest) {
    content.write(in, digest);
  }

  /** Returns a file name beside the blobs, for content that arrives bit by bit. */
  public Path temporary() {
    return content.temporary();
  }

  /** Moves a complete file to its place. */
  public void commit(Path file, Digest digest) throws IOException {
    content.commit(file, digest);
  }

  /** Deletes a blob and every mention of it in the index; answers whether it was there. */
  public boolean delete(Digest digest) {
    boolean there = contains(digest);
    change(all -> all.stream().filter(descriptor -> !descriptor.digest().equals(digest)).toList());
    try {
      Files.deleteIfExists(content.path(digest));
    } catch (IOException e) {
      throw new RegistryException(Reason.UNAVAILABLE, "cannot delete " + digest, e);
    }
    return there;
  }

  /** Returns the manifests of the index, in order. */
  public List<Descriptor> manifests() {
    var index = folder.resolve("index.json");
    if (!Files.isRegularFile(index)) {
      return List.of();
    }
    try {
      if (Files.size(index) > MAX_INDEX) {
        throw new RegistryException(
            Reason.TOO_LARGE,
            index + ": " + Files.size(index) + " bytes (expected: at most " + MAX_INDEX + ")");
      }
      var list = new ArrayList<Descriptor>();
      Json.object(Files.readAllBytes(index), index.toString())
          .path("manifests")
          .forEach(node -> list.add(Json.descriptor(node, index.toString())));
      return list;
    } catch (IOException e) {
      throw new RegistryException(Reason.UNAVAILABLE, "cannot read " + index, e);
    }
  }

  /** Returns the tags in alphabetical order. */
  public List<String> tags() {
    return manifests().stream()
        .map(descriptor -> descriptor.annotations().get(REF_NAME))
        .filter(tag -> tag != null)
        .sorted()
        .distinct()
        .toList();
  }

  /** Finds a manifest by its tag. */
  public Optional<Descriptor> byTag(String tag) {
    return manifests().stream()
        .filter(descriptor -> tag.equals(descriptor.annotations().get(REF_NAME)))
        .findFirst();
  }

  /** Finds a manifest by its digest. */
  public Optional<Descriptor> byDigest(Digest digest) {
    return manifests().stream()
        .filter(descriptor -> descriptor.digest().equals(digest))
        .findFirst();
  }

  /** Returns the manifests whose subject is a digest, as a list of referrers describes them. */
  public List<Descriptor> referrers(Digest subject) {
    List<Descriptor> found = new ArrayList<>();
    for (var descriptor : manifests()) {
      byte[] bytes;
      try (var in = blob(descriptor.digest(), -1, RegistryClient.MAX_MANIFEST)) {
        bytes = in.readAllBytes();
      } catch (IOException e) {
        throw new RegistryException(
            Reason.UNAVAILABLE, "cannot read manifest " + descriptor.digest(), e);
      }
      var document = Json.object(bytes, "manifest " + descriptor.digest());
      if (document.path("subject").path("digest").asString("").equals(subject.toString())) {
        found.add(ReferrersIndex.entry(document, descriptor));
      }
    }
    return found;
  }

  /** Adds a manifest to the index, under a tag that then points to it, or under none. */
  public void add(Descriptor manifest, @Nullable String tag) {
    change(
        all -> {
          var list = new ArrayList<Descriptor>();
          boolean there = false;
          for (var descriptor : all) {
            boolean tagMoves = tag != null && tag.equals(descriptor.annotations().get(REF_NAME));
            if (!tagMoves) {
              list.add(descriptor);
              there |= tag == null && descriptor.digest().equals(manifest.digest());
            } else if (!descriptor.digest().equals(manifest.digest())) {
              list.add(withTag(descriptor, null));
            }
          }
          if (!there) {
            list.add(withTag(manifest, tag));
          }
          return list;
        });
  }

  /** Removes a tag; its manifest stays. Answers whether it was there. */
  public boolean untag(String tag) {
    boolean there = byTag(tag).isPresent();
    change(
        all ->
            all.stream()
                .map(d -> tag.equals(d.annotations().get(REF_NAME)) ? withTag(d, null) : d)
                .toList());
    return there;
  }

  private static Descriptor withTag(Descriptor descriptor, @Nullable String tag) {
    Map<String, String> annotations = new LinkedHashMap<>(descriptor.annotations());
    annotations.remove(REF_NAME);
    if (tag != null) {
      annotations.put(REF_NAME, tag);
    }
    return new Descriptor(
        descriptor.mediaType(),
        descriptor.digest(),
        descriptor.size(),
        descriptor.artifactType(),
        annotations);
  }

  private void change(UnaryOperator<List<Descriptor>> change) {
    AtomicFile.locked(
        folder.resolve(".lock"),
        () -> {
          var index = Json.MAPPER.createObjectNode();
          index.put("schemaVersion", 2);
          index.put("mediaType", MediaTypes.INDEX);
          var manifests = index.putArray("manifests");
          change.apply(manifests()).forEach(descriptor -> manifests.add(Json.node(descriptor)));
          AtomicFile.write(folder.resolve("index.json"), Json.bytes(index));
        });
  }
}
