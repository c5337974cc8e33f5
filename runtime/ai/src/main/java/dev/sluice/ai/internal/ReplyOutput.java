package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a response piece by piece, when plugins have seen it, and makes the client's bytes of it.
 */
abstract sealed class ReplyOutput permits PassOutput, StreamOutput, WholeOutput {
  /** Whether the provider's last event lacks the blank line that ends it. */
  boolean unfinished;

  final Bytes out = new Bytes(1024);

  /**
   * Takes what a frame or a body says.
   *
   * @param frame the frame, or null for a body, which the reader's tape holds
   */
  abstract void write(List<Decided> decided, ReplyReader reader, @Nullable Frames frame);

  /** Returns whether an event's text is kept until the response has ended. */
  boolean keeps(AiEvent event) {
    return false;
  }

  /** Takes a frame that says nothing: comments that keep a connection alive. */
  abstract void silent(Frames frame);

  /** Ends the response properly. */
  abstract void end(Usage usage);

  /** Ends the response with an error. */
  abstract void fail(AiError error);
}
