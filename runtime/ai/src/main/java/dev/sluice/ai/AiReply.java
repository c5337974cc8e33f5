package dev.sluice.ai;

import dev.sluice.ai.internal.ReplyFlow;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the response of a provider as it arrives and makes the client's of it: the provider's bytes
 * where both speak one protocol, a translation where they do not. Loop-bound.
 *
 * <p>After {@link #feed}, {@link #end} or {@link #fail}, call {@link #next} until it returns null:
 * each event it returns may be changed by {@link #replace} until the next call, and a plugin that
 * pauses simply is not followed by one. Then {@link #take} has what may go to the client.
 *
 * <p>{@link #feed} and {@link #next} throw {@link AiFormatException} when the bytes are no response
 * of the provider's format or pass a limit.
 */
public final class AiReply {
  private final ReplyFlow flow;

  /**
   * @param asked the request that the provider answers
   * @param status the provider's HTTP status
   * @param contentType the provider's content type, or null when it said none
   */
  public AiReply(
      AiCall call,
      ProviderRequest asked,
      int status,
      @Nullable String contentType,
      AiLimits limits) {
    flow =
        new ReplyFlow(
            new ReplyFlow.Asked(
                call.endpoint(),
                call.stream(),
                call.wantsUsage(),
                call.model(),
                call.estimatedPromptTokens()),
            asked,
            new ReplyFlow.Answered(status, contentType),
            limits);
  }

  /** Takes the next bytes of the provider; they are copied. */
  public void feed(byte[] bytes, int offset, int length) {
    flow.feed(bytes, offset, length);
  }

  /**
   * Ends the provider's bytes. A stream that is not complete then ends with an error for the
   * client, never as if it were whole.
   */
  public void end() {
    flow.end();
  }

  /** Ends the response with an error, in the stream when it has begun. */
  public void fail(AiError error) {
    flow.fail(error);
  }

  /** Returns the next event, or null when the bytes so far hold no more. */
  public @Nullable AiEvent next() {
    return flow.next();
  }

  /**
   * Sends other events on in place of the last one that {@link #next} returned: the same one with
   * another text, further ones before or after it, or none to hold it back. A finish and a usage
   * cannot be held back.
   */
  public void replace(List<AiEvent> events) {
    flow.replace(events);
  }

  /** Returns the bytes for the client that are ready, and forgets them. */
  public byte[] take() {
    return flow.take();
  }

  /** Returns the status for the client. */
  public int status() {
    return flow.status();
  }

  /** Returns the content type for the client, or null when the provider said none. */
  public @Nullable String contentType() {
    return flow.contentType();
  }

  /** Returns whether the client gets other bytes than the provider's, whatever plugins do. */
  public boolean translated() {
    return flow.translated();
  }

  /** Returns whether text or a tool call was seen: from here on no other provider can answer. */
  public boolean started() {
    return flow.started();
  }

  /** Returns whether the provider said all of its answer. */
  public boolean complete() {
    return flow.complete();
  }

  /** Returns whether the client gets a stream: server-sent events, or an array piece by piece. */
  public boolean streamed() {
    return flow.streamed();
  }

  /**
   * Returns what ends a stream that has begun with an error, whatever became of the bytes that were
   * not {@linkplain #take taken}.
   */
  public byte[] lastWords(AiError error) {
    return flow.lastWords(error);
  }

  /** Returns the number of events of a stream that were read, silent ones included. */
  public int frames() {
    return flow.frames();
  }

  /** Returns whether the provider itself said what failed. */
  public boolean said() {
    return flow.said();
  }

  /** Returns the id that the provider gave the answer; empty before it did. */
  public String id() {
    return flow.id();
  }

  /** Returns what failed: the provider by its status or in its stream, or the stream by its end. */
  public @Nullable AiError error() {
    return flow.error();
  }

  /** Returns the model that answered, as the provider names it; empty before it did. */
  public String model() {
    return flow.model();
  }

  /** Returns the usage so far: the provider's, or an estimate of what was seen. */
  public Usage usage() {
    return flow.usage();
  }
}
