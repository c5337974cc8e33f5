package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.proxy.Authentication;
import dev.sluice.proxy.Authenticator.Outcome;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.Stage;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a request until its caller is identified. What comes meanwhile is bounded by the window of
 * the client's stream, which is not refilled. Belongs to the loop.
 */
final class IdentityCheck extends Stage {
  private final Exchange exchange;
  private final boolean required;
  private final LiveRoute route;
  private final Headers headers;
  private final ArrayDeque<ByteBuf> kept = new ArrayDeque<>(2);
  private boolean end;
  private @Nullable Headers trailers;
  private boolean answered;

  private IdentityCheck(
      Exchange exchange, boolean required, LiveRoute route, Headers headers, boolean end) {
    this.exchange = exchange;
    this.required = required;
    this.route = route;
    this.headers = headers;
    this.end = end;
  }

  /** Identifies the caller and sends the request into its chain, now or when the answer comes. */
  static void begin(
      Exchange exchange, Authentication how, LiveRoute route, Headers headers, boolean end) {
    var check = new IdentityCheck(exchange, how.required(), route, headers, end);
    var outcome =
        how.by().identify(exchange, headers, later -> exchange.later(() -> check.answered(later)));
    if (outcome != null) {
      check.answered = true;
      check.decide(outcome);
    } else {
      exchange.flow(Direction.REQUEST).block(true);
      exchange.await(check);
    }
  }

  private void answered(Supplier<Outcome> outcome) {
    if (answered) {
      exchange.state().dropped();
      return;
    }
    answered = true;
    exchange.flow(Direction.REQUEST).block(false);
    decide(outcome.get());
    exchange.flow(Direction.REQUEST).settle();
  }

  private void decide(Outcome outcome) {
    switch (outcome) {
      case Outcome.Refused(GatewayError error, Headers further) -> {
        drop();
        exchange.refuse(error, further);
      }
      case Outcome.Identified identified -> {
        exchange.identity = identified.identity();
        proceed();
      }
      case Outcome.Anonymous anonymous -> {
        if (required) {
          drop();
          exchange.refuse(GatewayError.UNAUTHENTICATED, Headers.of("www-authenticate", "Bearer"));
        } else {
          proceed();
        }
      }
    }
  }

  /** Hands on what came, in its order. */
  private void proceed() {
    boolean bare = end && kept.isEmpty() && trailers == null;
    exchange.enter(route, headers, bare);
    for (var bytes = kept.poll(); bytes != null; bytes = kept.poll()) {
      exchange.entry().data(bytes, end && trailers == null && kept.isEmpty());
    }
    if (trailers != null) {
      exchange.entry().trailers(trailers);
    }
  }

  /** Drops what is kept: the exchange goes another way. */
  void drop() {
    answered = true;
    for (var bytes = kept.poll(); bytes != null; bytes = kept.poll()) {
      bytes.release();
    }
  }

  @Override
  public void headers(Headers unused, boolean bare) {
    throw new IllegalStateException("the headers came twice");
  }

  @Override
  public void data(ByteBuf bytes, boolean last) {
    end = last;
    kept.add(bytes);
  }

  @Override
  public void trailers(Headers last) {
    trailers = last;
  }
}
