package dev.sluice.testkit.internal;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Is one case as its file says it.
 *
 * @param reader the file that it stands in, which knows the lines
 * @param path where it stands, such as {@code cases[0]}
 * @param entry fields of the plugin's entry
 * @param upstreams names of those that exist
 * @param clock what time it is at first, or null
 * @param refused why the plugin does not start, or null when it does
 * @param exchanges one after another
 */
public record PluginCase(
    CaseReader reader,
    String path,
    String name,
    ObjectNode entry,
    Set<String> upstreams,
    @Nullable Instant clock,
    @Nullable JsonNode refused,
    List<Step> exchanges) {

  /** Returns where it stands. */
  public Path file() {
    return reader.file();
  }

  /**
   * Is one exchange, and what is expected of it.
   *
   * @param path where it stands
   * @param advance how much time passes before
   * @param request null for none: time passes only
   * @param callouts in the order in which they are made
   * @param expect a missing node for nothing
   */
  public record Step(
      String path,
      Duration advance,
      @Nullable Message request,
      Reply response,
      List<Callout> callouts,
      JsonNode expect) {}

  /**
   * Is what a client or upstream sends.
   *
   * @param head the headers in turn, pseudo-headers first
   * @param chunks the body in pieces, none empty
   * @param length of the body, -1 where the file gives the pieces and so does not tell
   * @param trailers in turn, or null
   */
  public record Message(
      String[] head, List<byte[]> chunks, int length, String @Nullable [] trailers) {}

  /**
   * Is what an upstream answers.
   *
   * @param delay how much time passes before
   * @param message null for none
   * @param broken whether it breaks off afterwards
   */
  public record Reply(Duration delay, int status, @Nullable Message message, boolean broken) {}

  /**
   * Is a call that the plugin is expected to make.
   *
   * @param path where it stands
   * @param expect what is asked; a missing node for anything
   * @param command the words of a Redis command; a missing node for anything
   * @param kind how it is answered
   */
  public record Callout(
      String path, String upstream, JsonNode expect, JsonNode command, Answer kind) {}

  /** Says how a callout is answered. */
  public sealed interface Answer {}

  /** Is an answer by HTTP. */
  public record Http(Reply reply) implements Answer {}

  /** Is an answer by gRPC. */
  public record Grpc(Duration delay, int status, String message, List<byte[]> messages)
      implements Answer {}

  /** Is a reply of Redis. */
  public record Redis(@Nullable Object reply) implements Answer {}
}
