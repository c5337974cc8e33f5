package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.HttpStream;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.internal.upstream.Endpoint;
import dev.sluice.proxy.internal.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Makes the attempts of an exchange and hears from them. Belongs to the loop. */
interface UpstreamSide {
  /** Returns the number of attempts begun. */
  int made();

  /** Returns the upstream last tried. */
  @Nullable Upstream upstream();

  /** Returns the endpoint last tried. */
  @Nullable Endpoint endpoint();

  /** Returns the time from the start of the last attempt to its headers, or -1. */
  long responseNanos();

  /** Has the first attempt go to an endpoint, where its upstream has it. */
  void prefer(String address);

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
