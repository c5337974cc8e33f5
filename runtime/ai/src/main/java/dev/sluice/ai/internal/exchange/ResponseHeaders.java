package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiReply;
import dev.sluice.plugin.Headers;
import org.jspecify.annotations.Nullable;

/** Makes the headers of an answer for the client. */
final class ResponseHeaders {
  private static final String[] OF_THE_BODY = {"content-length", "content-encoding", "etag"};

  /** Says whose account at the provider it is. */
  private static final String[] OF_THE_ACCOUNT = {
    "set-cookie", "openai-organization", "openai-project", "anthropic-organization-id"
  };

  private static final String[] TRANSLATED = {"request-id", "x-request-id", "cache-control"};

  private ResponseHeaders() {}

  /**
   * @param own whether the gateway's account answered
   */
  static Headers of(@Nullable Headers provider, AiReply reply, boolean own) {
    var from = provider == null ? new Headers(1) : provider;
    Headers headers;
    if (reply.translated()) {
      headers = Headers.of(":status", Integer.toString(reply.status()));
      for (var name : TRANSLATED) {
        var value = from.get(name);
        if (value != null) {
          headers.add(name, value);
        }
      }
    } else {
      headers = from;
      headers.set(":status", Integer.toString(reply.status()));
      remove(headers, OF_THE_BODY);
      if (own) {
        remove(headers, OF_THE_ACCOUNT);
      }
    }
    var type = reply.contentType();
    if (type != null) {
      headers.set("content-type", type);
    }
    return headers;
  }

  private static void remove(Headers headers, String[] names) {
    for (var name : names) {
      headers.remove(name);
    }
  }
}
