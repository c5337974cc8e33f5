package dev.sluice.http.internal.hpack;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import org.jspecify.annotations.Nullable;

/**
 * Carries our header fields where Netty's types are expected. Netty sees no field but the status,
 * which it needs to tell informational responses. One for each connection.
 */
public final class Carrier extends DefaultHttp2Headers {
  final HeaderList list;

  Carrier(HeaderList list) {
    super(false, 2);
    this.list = list;
  }

  /** Returns the fields. */
  public HeaderList list() {
    return list;
  }

  @Override
  public @Nullable CharSequence status() {
    return list.headers().get(":status");
  }
}
