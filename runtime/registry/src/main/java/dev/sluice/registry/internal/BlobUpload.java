package dev.sluice.registry.internal;

import dev.sluice.registry.Descriptor;
import dev.sluice.registry.Digest;
import dev.sluice.registry.Progress;
import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.internal.Exchange.Ask;
import dev.sluice.registry.internal.net.Answer;
import dev.sluice.registry.internal.net.Content;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Pushes blobs into a repository: at once, or in chunks that go on where one broke off. */
public final class BlobUpload {
  private static final int MAX_RESUMES = 3;
  private static final Pattern RANGE = Pattern.compile("(?:bytes=)?0-([0-9]{1,18})");

  private final Exchange exchange;
  private final String repository;
  private final Scope scope;
  private final long chunk;

  /**
   * @param chunk blobs with more bytes go in chunks of this size, or of the size that the registry
   *     asks for if that is larger
   */
  public BlobUpload(Exchange exchange, String repository, long chunk) {
    this.exchange = exchange;
    this.repository = repository;
    this.scope = Scope.push(repository);
    this.chunk = chunk;
  }

  /** Pushes a blob. */
  public void push(Descriptor blob, Content content, Progress progress) {
    long size = blob.size();
    var begun = exchange.send(Ask.of("POST", uploads(), scope), 202);
    begun.close();
    long step =
        Math.max(
            chunk,
            begun
                .headers()
                .first("oci-chunk-min-length")
                .filter(text -> text.matches("[0-9]{1,18}"))
                .map(Long::parseLong)
                .orElse(0L));
    var location = location(begun, URI.create(uploads()));
    progress.moved(blob.digest().toString(), 0, size);
    if (size > step) {
      location = chunks(blob, content, step, location, progress);
      finish(blob, location, Content.EMPTY);
    } else {
      finish(blob, location, part(blob, content, 0, size, progress));
    }
    progress.moved(blob.digest().toString(), size, size);
  }

  private URI chunks(Descriptor blob, Content content, long step, URI begin, Progress progress) {
    var location = begin;
    int resumes = 0;
    long at = 0;
    while (at < blob.size()) {
      long length = Math.min(step, blob.size() - at);
      var ask =
          new Ask("PATCH", location, Map.of(), part(blob, content, at, length, progress), scope)
              .with("Content-Type", "application/octet-stream")
              .with("Content-Range", at + "-" + (at + length - 1));
      try (var answer = exchange.send(ask, 202)) {
        location = location(answer, location);
        at += length;
      } catch (RegistryException e) {
        if (e.reason() != Reason.UNAVAILABLE || resumes++ == MAX_RESUMES) {
          throw e;
        }
        try (var status = exchange.send(new Ask("GET", location, Map.of(), null, scope), 204)) {
          location = location(status, location);
          at = received(status, blob);
        }
      }
    }
    return location;
  }

  /** Returns how many bytes of an upload the registry has (end-13). */
  private static long received(Answer status, Descriptor blob) {
    var matcher = RANGE.matcher(status.headers().first("range").orElse(""));
    if (!matcher.matches()) {
      return 0;
    }
    long last = Long.parseLong(matcher.group(1));
    // "0-0" is what registries say about nothing and about one byte alike.
    return last == 0 ? 0 : Math.min(last + 1, blob.size());
  }

  private void finish(Descriptor blob, URI location, Content content) {
    var separator = location.getRawQuery() == null ? "?" : "&";
    var target = URI.create(location + separator + "digest=" + encode(blob.digest().toString()));
    var ask =
        new Ask("PUT", target, Map.of(), content, scope)
            .with("Content-Type", "application/octet-stream");
    exchange.send(ask, 201).close();
  }

  /** Has a blob taken over from another repository. */
  public boolean mount(String from, Digest digest) {
    var path = uploads() + "?mount=" + encode(digest.toString()) + "&from=" + encode(from);
    var both = new Scope(repository, "pull,push", from);
    try (var answer = exchange.send(Ask.of("POST", path, both), 201, 202)) {
      if (answer.status() == 201) {
        return true;
      }
      // The registry began an upload instead, which nobody will go on with.
      var upload = location(answer, URI.create(path));
      exchange
          .send(new Ask("DELETE", upload, Map.of(), null, both), 204, 202, 200, 404, 405)
          .close();
      return false;
    }
  }

  private String uploads() {
    return "/v2/" + repository + "/blobs/uploads/";
  }

  private URI location(Answer answer, URI asked) {
    var text = answer.headers().first("location").orElse("");
    try {
      if (!text.isEmpty()) {
        return exchange.resolve(asked).resolve(text);
      }
    } catch (IllegalArgumentException e) {
      // Told below.
    }
    throw new RegistryException(
        Reason.UNAVAILABLE,
        "upload to " + repository + ": location \"" + text + "\" (expected: a URL)");
  }

  private static Content part(
      Descriptor blob, Content content, long from, long length, @Nullable Progress progress) {
    return Content.of(
        length,
        () -> {
          InputStream in = content.open();
          try {
            in.skipNBytes(from);
          } catch (IOException e) {
            in.close();
            throw e;
          }
          return progress == null ? in : new WatchedInput(in, blob, progress, from);
        });
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
