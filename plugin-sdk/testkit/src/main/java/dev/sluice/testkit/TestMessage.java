package dev.sluice.testkit;

import dev.sluice.plugin.Headers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is what has come out of the proxy in one direction so far: a request at an upstream, or a
 * response at the client.
 *
 * @param headers pseudo-headers first, or null when none came yet
 * @param chunks the bytes as they came; one for each time that bytes were passed on
 * @param trailers or null
 * @param isEnded whether the message is complete
 * @param reset why it was broken off, such as {@code INTERNAL_ERROR}, or null
 * @param informational the statuses of 1xx responses that came before
 */
public record TestMessage(
    @Nullable Headers headers,
    List<byte[]> chunks,
    @Nullable Headers trailers,
    boolean isEnded,
    @Nullable String reset,
    List<Integer> informational) {
  /** Is what has come when nothing has. */
  public static final TestMessage NOTHING =
      new TestMessage(null, List.of(), null, false, null, List.of());

  /** Returns whether the headers have come. */
  public boolean hasBegun() {
    return headers != null;
  }

  /** Returns the status of a response, or 0. */
  public int status() {
    return headers == null ? 0 : headers.status();
  }

  /** Returns the first value of a (lower-case) header, or null. */
  public @Nullable String header(String name) {
    return headers == null ? null : headers.get(name);
  }

  /** Returns the first value of a (lower-case) trailer, or null. */
  public @Nullable String trailer(String name) {
    return trailers == null ? null : trailers.get(name);
  }

  /** Returns the body. */
  public byte[] bytes() {
    var all = new ByteArrayOutputStream();
    chunks.forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** Returns the body as UTF-8 text. */
  public String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  /** Returns the pieces of the body as UTF-8 text. */
  public List<String> texts() {
    return chunks.stream().map(chunk -> new String(chunk, StandardCharsets.UTF_8)).toList();
  }
}
