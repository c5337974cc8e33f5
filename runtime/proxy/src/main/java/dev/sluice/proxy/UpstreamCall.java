package dev.sluice.proxy;

import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;

/** Is one request to an upstream made by a {@link Dialogue}. Belongs to the loop. */
public interface UpstreamCall {
  /** Receives the response. After {@link #cancel} nothing is called any more. */
  interface Listener {
    /** A connection was had and the request is on its way. */
    void onConnected();

    /** The response headers came. */
    void onHeaders(Headers headers, boolean end);

    /**
     * Bytes came, to be released. They are returned to the upstream's window by {@link #consumed},
     * or, once the call is committed, by the flow of the response.
     */
    void onData(ByteBuf data, boolean end);

    /** The trailers came and ended the response. */
    void onTrailers(Headers trailers);

    /** The call failed, before its response was complete. */
    void onFailed(AttemptPolicy.Failure failure, GatewayError error);
  }

  /** Returns bytes to the upstream's window while the call is not committed. */
  void consumed(int bytes);

  /** Makes it the response of the exchange: what comes from now on waits for the client. */
  void commit();

  /** Counts against the endpoint, for ejection: what it answered is as bad as no answer. */
  void blame();

  /** Ends it without listening any more; what is still open is reset. Idempotent. */
  void cancel();
}
