package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiFormat;
import dev.sluice.ai.ModelRouter.Target;
import dev.sluice.ai.ProviderRequest;
import dev.sluice.plugin.Headers;

/** Makes the headers of a request to a provider. */
final class OutgoingHeaders {
  private OutgoingHeaders() {}

  static Headers of(AiCall call, Headers client, Target target, ProviderRequest asked) {
    return target.transparent() ? same(call, client, target, asked) : own(client, target, asked);
  }

  /** Sends on what the client sent, with the body's new length. */
  private static Headers same(AiCall call, Headers client, Target target, ProviderRequest asked) {
    var headers = client.copy();
    // What comes back is read here, so it comes as it is.
    headers.remove("accept-encoding");
    headers.remove("expect");
    headers.remove("content-length");
    if (asked.body().length > 0) {
      headers.add("content-length", Integer.toString(asked.body().length));
    }
    var path = headers.get(":path", "");
    if (call.endpoint().protocol().format() == AiFormat.GEMINI
        && !call.model().equals(call.endpoint().model())) {
      int at = path.lastIndexOf("/models/");
      if (at >= 0) {
        headers.set(":path", path.substring(0, at) + asked.path());
      }
    }
    if (!target.authority().isEmpty()) {
      headers.set(":authority", target.authority());
    }
    target.sign(asked, headers);
    return headers;
  }

  /** Sends nothing of the client's but what traces the request. */
  private static Headers own(Headers client, Target target, ProviderRequest asked) {
    boolean bare = asked.body().length == 0;
    var headers = Headers.of(":method", bare ? "GET" : "POST", ":path", asked.path());
    headers.add(":scheme", client.get(":scheme", "https"));
    if (!target.authority().isEmpty()) {
      headers.add(":authority", target.authority());
    }
    if (!bare) {
      headers.add("content-type", "application/json");
      headers.add("content-length", Integer.toString(asked.body().length));
    }
    headers.add("accept", asked.stream() ? "text/event-stream" : "application/json");
    copy(client, headers, "user-agent");
    copy(client, headers, "x-request-id");
    copy(client, headers, "traceparent");
    copy(client, headers, "tracestate");
    if (target.format() == AiFormat.ANTHROPIC) {
      copy(client, headers, "anthropic-version");
      copy(client, headers, "anthropic-beta");
    }
    target.sign(asked, headers);
    return headers;
  }

  private static void copy(Headers from, Headers to, String name) {
    var value = from.get(name);
    if (value != null) {
      to.add(name, value);
    }
  }
}
