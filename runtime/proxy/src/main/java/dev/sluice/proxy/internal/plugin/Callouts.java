package dev.sluice.proxy.internal.plugin;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.Cancellable;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.proxy.internal.exchange.LoopState;
import dev.sluice.proxy.internal.upstream.Upstream;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Makes the HTTP calls of one VM, over the pools of its loop. */
final class Callouts implements HttpCallouts {
  private final VmKey vm;
  private final LoopState loop;
  private final Executor owner;
  private final Function<String, @Nullable Upstream> upstreams;
  private final AtomicInteger inFlight = new AtomicInteger();

  Callouts(
      VmKey vm, LoopState loop, Executor owner, Function<String, @Nullable Upstream> upstreams) {
    this.vm = vm;
    this.loop = loop;
    this.owner = owner;
    this.upstreams = upstreams;
  }

  @Override
  public Cancellable call(Request request, Completion<Response> completion) {
    if (!vm.grants().http().contains(request.upstream())) {
      throw new ServiceException(
          Reason.NOT_GRANTED,
          "upstream "
              + request.upstream()
              + ": not granted to plugin "
              + vm.plugin()
              + " (expected: one of grants.http "
              + vm.grants().http()
              + ")");
    }
    for (var name : new String[] {":method", ":path", ":authority"}) {
      if (!request.headers().contains(name)) {
        throw new ServiceException(Reason.BAD_ARGUMENT, "headers of the call have no " + name);
      }
    }
    if (request.timeout().isNegative() || request.timeout().isZero()) {
      throw new ServiceException(
          Reason.BAD_ARGUMENT, "timeout: " + request.timeout() + " (expected: more than 0s)");
    }
    var upstream = upstreams.apply(request.upstream());
    if (upstream == null) {
      throw new ServiceException(
          Reason.NOT_FOUND, "upstream " + request.upstream() + ": there is none of this name");
    }
    if (inFlight.incrementAndGet() > vm.limits().callouts()) {
      inFlight.decrementAndGet();
      throw new ServiceException(
          Reason.LIMIT,
          "callouts in flight (expected: at most " + vm.limits().callouts() + ", limits.callouts)");
    }
    var call = new Callout(this, loop, upstream, withScheme(request), completion);
    // In a later turn: a pooled connection would answer, or fail, before this returns.
    owner.execute(call::start);
    return call::cancel;
  }

  private static Request withScheme(Request request) {
    var headers = request.headers().copy();
    if (!headers.contains(":scheme")) {
      headers.add(":scheme", "http");
    }
    headers.remove("content-length");
    if (request.body().length > 0 || hasBody(headers)) {
      headers.set("content-length", Integer.toString(request.body().length));
    }
    var trailers = request.trailers();
    return new Request(
        request.upstream(),
        headers,
        request.body().clone(),
        trailers == null || trailers.isEmpty() ? null : trailers.copy(),
        request.timeout());
  }

  private static boolean hasBody(Headers headers) {
    var method = headers.get(":method", "");
    return method.equals("POST") || method.equals("PUT") || method.equals("PATCH");
  }

  /** Returns how large an answer may be. */
  int bodyLimit() {
    return Math.max(vm.limits().bodyBuffer(), 1 << 20);
  }

  /** A call has its answer, which is given to the caller on its own thread. */
  void ended(Runnable answer) {
    inFlight.decrementAndGet();
    owner.execute(answer);
  }
}
