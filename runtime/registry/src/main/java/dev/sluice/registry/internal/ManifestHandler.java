package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.MediaTypes;
import dev.sluice.registry.OciLayout;
import dev.sluice.registry.PluginUrl;
import dev.sluice.registry.RegistryClient;
import dev.sluice.registry.internal.RegistryHandler.Call;
import dev.sluice.registry.internal.RegistryHandler.Refusal;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Serves manifests, tags and referrers (end-3, end-7 to end-9, end-12). */
final class ManifestHandler {
  private static final int MAX_TAGS = 100;
  private static final Pattern FOREIGN =
      Pattern.compile(
          "application/vnd\\.oci\\.image\\.layer\\.nondistributable\\..+"
              + "|application/vnd\\.docker\\.image\\.rootfs\\.foreign\\..+");

  void handle(Call call) throws IOException {
    switch (call.method()) {
      case "GET", "HEAD" -> get(call);
      case "PUT" -> put(call);
      case "DELETE" -> delete(call);
      default -> throw new Refusal(405, "UNSUPPORTED", call.method());
    }
  }

  private static Optional<Descriptor> find(Call call) {
    var reference = call.rest();
    return Digest.isDigest(reference)
        ? call.layout().byDigest(Digest.parse(reference))
        : call.layout().byTag(reference);
  }

  private static void get(Call call) throws IOException {
    var found =
        find(call)
            .orElseThrow(() -> new Refusal(404, "MANIFEST_UNKNOWN", "no manifest " + call.rest()));
    byte[] bytes;
    try (var in = call.layout().blob(found.digest(), -1, RegistryClient.MAX_MANIFEST)) {
      bytes = in.readAllBytes();
    }
    call.answer(
        200,
        Map.of(
            "Content-Type", found.mediaType(), "Docker-Content-Digest", found.digest().toString()),
        bytes);
  }

  private static void put(Call call) throws IOException {
    var bytes = call.http().getRequestBody().readNBytes((int) RegistryClient.MAX_MANIFEST + 1);
    if (bytes.length > RegistryClient.MAX_MANIFEST) {
      throw new Refusal(
          413, "MANIFEST_INVALID", "more than " + RegistryClient.MAX_MANIFEST + " bytes");
    }
    boolean byDigest = Digest.isDigest(call.rest());
    var digest = byDigest ? Digest.parse(call.rest()).ofSame(bytes) : Digest.of(bytes);
    if (byDigest && !call.rest().equals(digest.toString())) {
      throw new Refusal(400, "DIGEST_INVALID", "the manifest has digest " + digest);
    }
    if (!byDigest && !PluginUrl.TAG.matcher(call.rest()).matches()) {
      throw new Refusal(400, "MANIFEST_INVALID", "tag \"" + call.rest() + "\"");
    }
    var document = Json.object(bytes, "the manifest");
    var type = document.path("mediaType").asString("");
    if (type.isEmpty()) {
      type =
          Optional.ofNullable(call.http().getRequestHeaders().getFirst("Content-Type"))
              .orElse(MediaTypes.MANIFEST);
    }
    checkBlobs(call.layout(), document);
    call.layout().write(bytes, digest);
    var descriptor = Descriptor.of(type, digest, bytes.length);
    call.layout().add(descriptor, byDigest ? null : call.rest());
    var tags = byDigest ? tagParameters(call) : List.<String>of();
    tags.forEach(tag -> call.layout().add(descriptor, tag));
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Location", "/v2/" + call.repository() + "/manifests/" + digest);
    headers.put("Docker-Content-Digest", digest.toString());
    tags.forEach(tag -> call.http().getResponseHeaders().add("OCI-Tag", tag));
    var subject = document.path("subject").path("digest").asString("");
    if (!subject.isEmpty()) {
      headers.put("OCI-Subject", subject);
    }
    call.answer(201, headers, new byte[0]);
  }

  /** Returns the tags that a push by digest asks for (end-7b). */
  private static List<String> tagParameters(Call call) {
    var tags = call.values("tag");
    for (var tag : tags) {
      if (!PluginUrl.TAG.matcher(tag).matches()) {
        throw new Refusal(400, "MANIFEST_INVALID", "tag \"" + tag + "\"");
      }
    }
    if (tags.size() > MAX_TAGS) {
      throw new Refusal(414, "MANIFEST_INVALID", tags.size() + " tags at once");
    }
    return tags;
  }

  private static void checkBlobs(OciLayout layout, tools.jackson.databind.JsonNode document) {
    if (document.has("config")) {
      require(layout, Json.descriptor(document.get("config"), "config"));
    }
    for (var layer : document.path("layers")) {
      // Layers that may not be distributed are fetched from where they say.
      if (!FOREIGN.matcher(layer.path("mediaType").asString("")).matches()) {
        require(layout, Json.descriptor(layer, "layer"));
      }
    }
  }

  private static void require(OciLayout layout, Descriptor blob) {
    if (!layout.contains(blob.digest())) {
      throw new Refusal(400, "MANIFEST_BLOB_UNKNOWN", "no blob " + blob.digest());
    }
  }

  private static void delete(Call call) throws IOException {
    boolean there =
        Digest.isDigest(call.rest())
            ? call.layout().delete(Digest.parse(call.rest()))
            : call.layout().untag(call.rest());
    if (!there) {
      throw new Refusal(404, "MANIFEST_UNKNOWN", "no manifest " + call.rest());
    }
    call.answer(202, Map.of(), new byte[0]);
  }

  void tags(Call call) throws IOException {
    if (!call.rest().equals("list") || !call.method().equals("GET")) {
      throw new Refusal(404, "UNSUPPORTED", call.rest());
    }
    var query = call.query();
    var last = query.getOrDefault("last", "");
    List<String> tags =
        call.layout().tags().stream().filter(tag -> tag.compareTo(last) > 0).toList();
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    if (query.containsKey("n")) {
      int n = number(query.getOrDefault("n", ""));
      if (n < tags.size()) {
        tags = tags.subList(0, n);
        if (n > 0) {
          headers.put(
              "Link",
              "</v2/"
                  + call.repository()
                  + "/tags/list?n="
                  + n
                  + "&last="
                  + tags.getLast()
                  + ">; rel=\"next\"");
        }
      }
    }
    var body = Json.MAPPER.createObjectNode();
    body.put("name", call.repository());
    var array = body.putArray("tags");
    tags.forEach(array::add);
    call.answer(200, headers, Json.bytes(body));
  }

  private static int number(String text) {
    if (text.isEmpty() || text.length() > 9 || !text.chars().allMatch(Character::isDigit)) {
      throw new Refusal(400, "UNSUPPORTED", "n: \"" + text + "\" (expected: a number)");
    }
    return Integer.parseInt(text);
  }

  void referrers(Call call) throws IOException {
    var subject = Digest.parse(call.rest());
    var wanted = call.query().getOrDefault("artifactType", "");
    var index = Json.MAPPER.createObjectNode();
    index.put("schemaVersion", 2);
    index.put("mediaType", MediaTypes.INDEX);
    var manifests = index.putArray("manifests");
    var all = call.known() ? call.layout().referrers(subject) : List.<Descriptor>of();
    for (var descriptor : all) {
      if (wanted.isEmpty() || wanted.equals(descriptor.artifactType())) {
        manifests.add(Json.node(descriptor));
      }
    }
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", MediaTypes.INDEX);
    if (!wanted.isEmpty()) {
      headers.put("OCI-Filters-Applied", "artifactType");
    }
    call.answer(200, headers, Json.bytes(index));
  }
}
