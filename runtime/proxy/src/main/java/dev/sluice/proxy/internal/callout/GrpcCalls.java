package dev.sluice.proxy.internal.callout;

import dev.sluice.plugin.Headers;
import dev.sluice.plugin.host.GrpcCallouts;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes the gRPC calls of one VM, over the pools of its loop. */
public final class GrpcCalls implements GrpcCallouts {
  /** What the host writes itself; metadata of these names is left out. */
  private static final Set<String> RESERVED =
      Set.of("content-type", "te", "grpc-timeout", "content-length", "connection", "host");

  private final CalloutBudget budget;

  /** Makes calls within a budget. */
  public GrpcCalls(CalloutBudget budget) {
    this.budget = budget;
  }

  @Override
  public Call unary(Method method, byte[] message, Duration timeout, Receiver receiver) {
    CalloutBudget.requirePositive(timeout);
    if (message.length > budget.bodyLimit()) {
      throw new ServiceException(
          Reason.LIMIT,
          "a message of "
              + message.length
              + " bytes (expected: at most "
              + budget.bodyLimit()
              + ")");
    }
    var call = open(method, timeout, receiver);
    call.send(message, true);
    return call;
  }

  @Override
  public Call stream(Method method, Receiver receiver) {
    return open(method, null, receiver);
  }

  private GrpcCall open(Method method, @Nullable Duration timeout, Receiver receiver) {
    requireName("service", method.service());
    requireName("method", method.method());
    var upstream = budget.begin("grpc", budget.grants().grpc(), method.upstream());
    var call = new GrpcCall(budget, upstream, headers(method, timeout), timeout, receiver);
    budget.owner().execute(call::start);
    return call;
  }

  private static void requireName(String field, String name) {
    boolean fits =
        !name.isEmpty() && name.chars().allMatch(c -> c > ' ' && c < 127 && c != '/' && c != '?');
    if (!fits) {
      throw new ServiceException(
          Reason.BAD_ARGUMENT,
          "the gRPC " + field + " \"" + name + "\" (expected: visible ASCII without / and ?)");
    }
  }

  private static Headers headers(Method method, @Nullable Duration timeout) {
    var headers =
        Headers.of(
            ":method", "POST",
            ":scheme", "http",
            ":authority", method.upstream(),
            ":path", "/" + method.service() + "/" + method.method(),
            "te", "trailers",
            "content-type", "application/grpc");
    if (timeout != null) {
      headers.add("grpc-timeout", timeoutText(timeout));
    }
    var metadata = method.metadata();
    for (int i = 0; i < metadata.size(); i++) {
      var name = metadata.name(i);
      if (!name.startsWith(":") && !RESERVED.contains(name)) {
        headers.add(name, metadata.value(i));
      }
    }
    return headers;
  }

  /** At most eight digits and a unit. */
  private static String timeoutText(Duration timeout) {
    long millis = Math.max(1, timeout.toMillis());
    return millis < 100_000_000 ? millis + "m" : Math.min(timeout.toSeconds(), 99_999_999) + "S";
  }
}
