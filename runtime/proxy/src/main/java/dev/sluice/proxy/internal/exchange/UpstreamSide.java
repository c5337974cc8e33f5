package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.HttpStream;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;

/** Makes the attempts of an exchange and hears from them. Belongs to the loop. */
interface UpstreamSide {
  /** Ends it all: the exchange goes another way, or is over. */
  void leave(StreamError error);

  // What an attempt tells

  void opened(Attempt attempt, HttpStream stream);

  void connectFailed(Attempt attempt, String detail);

  void sent(int bytes);

  void informational(Headers informational);

  void responseHeaders(Attempt attempt, Headers headers, boolean end);

  void responseData(ByteBuf data, boolean end);

  void responseTrailers(Headers trailers);

  /** The stream broke off. */
  void reset(Attempt attempt, StreamError error, String detail);
}
