package dev.sluice.proxy.internal.callout;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.Cancellable;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.HttpCallouts;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;

/** Makes the HTTP calls of one VM, over the pools of its loop. */
public final class HttpCalls implements HttpCallouts {
  private final CalloutBudget budget;

  /** Makes calls within a budget. */
  public HttpCalls(CalloutBudget budget) {
    this.budget = budget;
  }

  @Override
  public Cancellable call(Request request, Completion<Response> completion) {
    for (var name : new String[] {":method", ":path", ":authority"}) {
      if (!request.headers().contains(name)) {
        throw new ServiceException(Reason.BAD_ARGUMENT, "headers of the call have no " + name);
      }
    }
    CalloutBudget.requirePositive(request.timeout());
    var upstream = budget.begin("http", budget.grants().http(), request.upstream());
    var call = new HttpCall(budget, upstream, withScheme(request), completion);
    // In a later turn: a pooled connection would answer, or fail, before this returns.
    budget.owner().execute(call::start);
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
}
