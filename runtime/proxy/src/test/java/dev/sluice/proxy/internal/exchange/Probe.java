package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Callback;
import dev.sluice.plugin.ConnectionContext;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.NetworkFilter;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.StreamContext;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Is a plugin whose filter writes down its callbacks and does what a test told it to do. */
final class Probe implements FilterSource, HttpFilter {
  /** Is one callback as a test's reaction sees it. */
  record Call(StreamContext stream, @Nullable Headers headers, @Nullable Body body, boolean end) {
    Body theBody() {
      if (body == null) {
        throw new AssertionError("no body in this callback");
      }
      return body;
    }

    Headers theHeaders() {
      if (headers == null) {
        throw new AssertionError("no headers in this callback");
      }
      return headers;
    }
  }

  final String name;
  final List<String> calls = new ArrayList<>();
  final List<PluginException> failures = new ArrayList<>();
  final Map<Callback, Function<Call, FilterStatus>> reactions = new EnumMap<>(Callback.class);
  Set<Callback> callbacks = EnumSet.allOf(Callback.class);
  FailStrategy strategy = FailStrategy.FAIL_CLOSE;
  int bodyBuffer = 64;
  int exchanges;
  boolean dead;
  @Nullable StreamContext stream;

  Probe(String name) {
    this.name = name;
  }

  /** Sets what a callback does. */
  Probe on(Callback callback, Function<Call, FilterStatus> reaction) {
    reactions.put(callback, reaction);
    return this;
  }

  /** Sets what a callback answers. */
  Probe answers(Callback callback, FilterStatus status) {
    return on(callback, call -> status);
  }

  Probe without(Callback... missing) {
    callbacks.removeAll(List.of(missing));
    return this;
  }

  StreamContext theStream() {
    if (stream == null) {
      throw new AssertionError("no filter was made");
    }
    return stream;
  }

  private FilterStatus react(Callback callback, Call call) {
    var reaction = reactions.get(callback);
    return reaction == null ? FilterStatus.CONTINUE : reaction.apply(call);
  }

  private static String text(Body body) {
    return new String(body.toByteArray(), StandardCharsets.ISO_8859_1);
  }

  @Override
  public FilterStatus onRequestHeaders(Headers headers, boolean end) {
    calls.add("request headers" + (end ? " end" : ""));
    return react(Callback.REQUEST_HEADERS, new Call(theStream(), headers, null, end));
  }

  @Override
  public FilterStatus onRequestBody(Body body, boolean end) {
    calls.add("request body " + text(body) + (end ? " end" : ""));
    return react(Callback.REQUEST_BODY, new Call(theStream(), null, body, end));
  }

  @Override
  public FilterStatus onRequestTrailers(Headers trailers) {
    calls.add("request trailers");
    return react(Callback.REQUEST_TRAILERS, new Call(theStream(), trailers, null, true));
  }

  @Override
  public FilterStatus onResponseHeaders(Headers headers, boolean end) {
    calls.add("response headers" + (end ? " end" : ""));
    return react(Callback.RESPONSE_HEADERS, new Call(theStream(), headers, null, end));
  }

  @Override
  public FilterStatus onResponseBody(Body body, boolean end) {
    calls.add("response body " + text(body) + (end ? " end" : ""));
    return react(Callback.RESPONSE_BODY, new Call(theStream(), null, body, end));
  }

  @Override
  public FilterStatus onResponseTrailers(Headers trailers) {
    calls.add("response trailers");
    return react(Callback.RESPONSE_TRAILERS, new Call(theStream(), trailers, null, true));
  }

  @Override
  public void onLog() {
    calls.add("log");
    react(Callback.LOG, new Call(theStream(), null, null, true));
  }

  @Override
  public void onDestroy() {
    calls.add("destroy");
  }

  // FilterSource

  @Override
  public String plugin() {
    return name;
  }

  @Override
  public String rootId() {
    return "root-of-" + name;
  }

  @Override
  public String vmId() {
    return "vm-of-" + name;
  }

  @Override
  public int bodyBuffer() {
    return bodyBuffer;
  }

  @Override
  public int callbacks() {
    int bits = 0;
    for (var callback : callbacks) {
      bits |= ChainLink.bit(callback);
    }
    return bits;
  }

  @Override
  public HttpFilter newFilter(StreamContext context) {
    if (dead) {
      throw new PluginException(PluginException.Kind.DEAD, "dead");
    }
    stream = context;
    return this;
  }

  @Override
  public NetworkFilter newNetworkFilter(ConnectionContext context) {
    throw new PluginException(PluginException.Kind.LOAD, "not a NETWORK plugin");
  }

  @Override
  public void retain(Consumer<String> abort) {}

  @Override
  public void release(Consumer<String> abort) {}

  @Override
  public void retain(Exchange exchange) {
    exchanges++;
  }

  @Override
  public void release(Exchange exchange) {
    exchanges--;
  }

  @Override
  public boolean called() {
    return false;
  }

  @Override
  public void took(long nanos) {}

  @Override
  public void failed(PluginException cause, FailStrategy with) {
    failures.add(cause);
  }
}
