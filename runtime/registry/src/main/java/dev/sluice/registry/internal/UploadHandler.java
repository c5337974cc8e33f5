package dev.sluice.registry.internal;

import dev.sluice.registry.Digest;
import dev.sluice.registry.internal.RegistryHandler.Call;
import dev.sluice.registry.internal.RegistryHandler.Refusal;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** Serves blobs and takes uploads, whole or in chunks (end-2, end-4 to end-6, end-10 to end-14). */
final class UploadHandler {
  private static final int MAX_OPEN = 1000;
  private static final Pattern RANGE = Pattern.compile("(\\d+)-(\\d+)");

  private final Map<String, Upload> open = new ConcurrentHashMap<>();

  /** Is an upload on its way; guarded by itself. */
  private static final class Upload {
    private final Path file;
    private final MessageDigest sha256 = Digest.sha256();
    private long bytes;

    Upload(Path file) {
      this.file = file;
    }

    synchronized void append(Call call) throws IOException {
      var range = call.http().getRequestHeaders().getFirst("Content-Range");
      if (range != null) {
        var matcher = RANGE.matcher(range);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) != bytes) {
          throw new Refusal(
              416, "BLOB_UPLOAD_INVALID", "range " + range + " (expected from: " + bytes + ")");
        }
      }
      try (var out =
          Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        var buffer = new byte[64 << 10];
        var in = call.http().getRequestBody();
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          out.write(buffer, 0, count);
          sha256.update(buffer, 0, count);
          bytes += count;
        }
      }
    }

    /** Returns the digest by the algorithm that was declared; most declare SHA-256. */
    synchronized Digest digest(Digest declared) throws IOException {
      if (declared.algorithm().equals("sha256")) {
        return new Digest(HexFormat.of().formatHex(sha256.digest()));
      }
      var hash = declared.hash();
      try (var in = new DigestInputStream(Files.newInputStream(file), hash)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return new Digest(HexFormat.of().formatHex(hash.digest()));
    }

    synchronized String range() {
      return "0-" + Math.max(0, bytes - 1);
    }
  }

  void handle(Call call) throws IOException {
    if (call.rest().equals("uploads") || call.rest().startsWith("uploads/")) {
      upload(call, call.rest().length() > 8 ? call.rest().substring(8) : "");
    } else {
      blob(call);
    }
  }

  private static void blob(Call call) throws IOException {
    var digest = Digest.parse(call.rest());
    var layout = call.layout();
    if (!layout.contains(digest)) {
      throw new Refusal(404, "BLOB_UNKNOWN", "no blob " + digest);
    }
    var http = call.http();
    switch (call.method()) {
      case "GET", "HEAD" -> {
        long size = Files.size(layout.path(digest));
        http.getResponseHeaders().set("Content-Type", "application/octet-stream");
        http.getResponseHeaders().set("Docker-Content-Digest", digest.toString());
        if (call.method().equals("HEAD") || size == 0) {
          http.getResponseHeaders().set("Content-Length", String.valueOf(size));
          http.sendResponseHeaders(200, -1);
        } else {
          http.sendResponseHeaders(200, size);
          Files.copy(layout.path(digest), http.getResponseBody());
        }
      }
      case "DELETE" -> {
        layout.delete(digest);
        call.answer(202, Map.of(), new byte[0]);
      }
      default -> throw new Refusal(405, "UNSUPPORTED", call.method());
    }
  }

  private void upload(Call call, String id) throws IOException {
    switch (call.method()) {
      case "POST" -> begin(call);
      case "PATCH" -> {
        var upload = require(id);
        upload.append(call);
        call.answer(202, location(call, id, upload), new byte[0]);
      }
      case "PUT" -> {
        var upload = require(id);
        upload.append(call);
        finish(call, id, upload);
      }
      case "GET" -> call.answer(204, location(call, id, require(id)), new byte[0]);
      case "DELETE" -> {
        Files.deleteIfExists(require(id).file);
        open.remove(id);
        call.answer(204, Map.of(), new byte[0]);
      }
      default -> throw new Refusal(405, "UNSUPPORTED", call.method());
    }
  }

  private void begin(Call call) throws IOException {
    var query = call.query();
    if (query.containsKey("mount")) {
      var digest = Digest.parse(query.getOrDefault("mount", ""));
      if (call.layout().contains(digest)) {
        created(call, digest);
        return;
      }
    }
    if (open.size() >= MAX_OPEN) {
      throw new Refusal(429, "TOOMANYREQUESTS", MAX_OPEN + " uploads are open");
    }
    var id = UUID.randomUUID().toString();
    var upload = new Upload(call.layout().temporary());
    open.put(id, upload);
    if (query.containsKey("digest")) {
      upload.append(call);
      finish(call, id, upload);
    } else {
      call.answer(202, location(call, id, upload), new byte[0]);
    }
  }

  private void finish(Call call, String id, Upload upload) throws IOException {
    open.remove(id);
    try {
      var declared = Digest.parse(call.query().getOrDefault("digest", ""));
      var found = upload.digest(declared);
      if (!found.equals(declared)) {
        throw new Refusal(
            400, "DIGEST_INVALID", "the bytes have digest " + found + ", not " + declared);
      }
      call.layout().commit(upload.file, found);
      created(call, found);
    } finally {
      Files.deleteIfExists(upload.file);
    }
  }

  private static void created(Call call, Digest digest) throws IOException {
    call.answer(
        201,
        Map.of(
            "Location",
            "/v2/" + call.repository() + "/blobs/" + digest,
            "Docker-Content-Digest",
            digest.toString()),
        new byte[0]);
  }

  private static Map<String, String> location(Call call, String id, Upload upload) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Location", "/v2/" + call.repository() + "/blobs/uploads/" + id);
    headers.put("Range", upload.range());
    headers.put("Docker-Upload-UUID", id);
    return headers;
  }

  private Upload require(String id) {
    var upload = open.get(id);
    if (upload == null) {
      throw new Refusal(404, "BLOB_UPLOAD_UNKNOWN", "no upload " + id);
    }
    return upload;
  }
}
