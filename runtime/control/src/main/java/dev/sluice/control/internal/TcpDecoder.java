package dev.sluice.control.internal;

import dev.sluice.control.internal.ConfigDecoder.Names;
import dev.sluice.proxy.TcpSpec;
import java.util.List;

/** Decodes what {@code listeners} of {@code protocol: tcp} say about where connections go. */
final class TcpDecoder {
  private static final String TCP = "tcp";

  private final Names names;
  private final RouteDecoder routes;

  TcpDecoder(Names names, RouteDecoder routes) {
    this.names = names;
    this.routes = routes;
  }

  /** Returns whether a listener is for TCP. */
  static boolean isTcp(Section listener) {
    return listener.text("protocol", "http").equals(TCP);
  }

  List<TcpSpec> decode(Section root) {
    for (var listener : root.mappings("listeners")) {
      if (listener.text("protocol", "http").equals("http")) {
        refuse(listener, "upstream", "plugins");
      }
    }
    return root.mappings("listeners").stream().filter(TcpDecoder::isTcp).map(this::tcp).toList();
  }

  private static void refuse(Section section, String... fields) {
    for (var field : fields) {
      if (section.has(field)) {
        section.report(field, "means nothing on this listener (expected: only with protocol: tcp)");
      }
    }
  }

  private TcpSpec tcp(Section listener) {
    var upstream = listener.text("upstream", "");
    if (upstream.isEmpty()) {
      listener.report("\"upstream\" is missing (expected: with protocol: tcp)");
    }
    names.require("upstreams", upstream, listener, "upstream");
    forHttp(listener.section("timeouts"), "request", "stream");
    forHttp(listener.section("limits"), "headerBytes", "headers", "streams");
    return new TcpSpec(
        listener.text("name", ""), upstream, routes.plugins(listener, PluginDecoder.NETWORK));
  }

  private static void forHttp(Section section, String... fields) {
    for (var field : fields) {
      if (section.has(field)) {
        section.report(field, "means nothing for TCP (expected: only on listeners for HTTP)");
      }
    }
  }
}
