package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Headers;

/** Tells plugins and upstreams how a request came here. */
final class ForwardedHeaders {
  private ForwardedHeaders() {}

  static void add(Exchange exchange, Headers headers) {
    var connection = exchange.connection();
    var address = exchange.state.addressOf(connection);
    int index = headers.indexOf("x-forwarded-for", 0);
    if (index < 0) {
      headers.addTrusted("x-forwarded-for", address);
    } else {
      headers.setTrusted(index, headers.value(index) + ", " + address);
    }
    set(headers, "x-forwarded-proto", connection.tls() == null ? "http" : "https");
    set(headers, "x-request-id", exchange.requestId());
  }

  private static void set(Headers headers, String name, String value) {
    int index = headers.indexOf(name, 0);
    if (index < 0) {
      headers.addTrusted(name, value);
    } else {
      headers.setTrusted(index, value);
    }
  }
}
