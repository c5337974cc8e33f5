package dev.sluice.proxy;

import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;

/**
 * Is a place that a message passes on its way through an exchange: a filter in one direction, or
 * the end of the chain. Each takes what comes, headers first, and hands it to the next. A message
 * that was cut off meanwhile is dropped, so that nobody has to ask before passing on.
 */
public abstract class Stage {
  /** Takes the headers. */
  public abstract void headers(Headers headers, boolean end);

  /** Takes bytes, and the buffer with them. */
  public abstract void data(ByteBuf bytes, boolean end);

  /** Takes the trailers, which end the message. */
  public abstract void trailers(Headers trailers);
}
