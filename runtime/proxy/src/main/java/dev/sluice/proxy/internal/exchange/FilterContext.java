package dev.sluice.proxy.internal.exchange;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.Properties;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.UpstreamHost;
import dev.sluice.plugin.ai.AiExchange;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.proxy.Participant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Is what one plugin sees of an exchange and may ask of it. What it asks for in a callback happens
 * after the callback has returned, else in a later turn of the loop.
 */
abstract class FilterContext implements StreamContext, Participant {
  final Exchange exchange;
  final ChainLink link;
  final FilterSource source;

  /** The direction of the dialogue's callback that is on the stack. */
  @Nullable Direction talking;

  /** The dialogue's callback on the stack has asked to go on. */
  boolean resumeAsked;

  private @Nullable Properties properties;

  FilterContext(Exchange exchange, ChainLink link) {
    this.exchange = exchange;
    this.link = link;
    source = link.byLoop().get(exchange.loop());
  }

  abstract FilterStage stage(Direction direction);

  FilterSource source() {
    return source;
  }

  @Override
  public String plugin() {
    return link.plugin();
  }

  int bufferLimit() {
    return source.bodyBuffer();
  }

  @Override
  public long id() {
    return exchange.id();
  }

  @Override
  public @Nullable Headers requestHeaders() {
    return exchange.isOver() ? null : exchange.requestHeaders();
  }

  @Override
  public @Nullable Headers requestTrailers() {
    return exchange.isOver() ? null : exchange.requestTrailers();
  }

  @Override
  public @Nullable Headers responseHeaders() {
    return exchange.isOver() ? null : exchange.responseHeaders();
  }

  @Override
  public @Nullable Headers responseTrailers() {
    return exchange.isOver() ? null : exchange.responseTrailers();
  }

  @Override
  public @Nullable Body body(Direction direction) {
    return stage(direction).visibleBody();
  }

  @Override
  public void resume(Direction direction) {
    var stage = stage(direction);
    if (exchange.inLoop() && stage.isRunning()) {
      stage.askResume();
    } else if (exchange.inLoop() && talking == direction) {
      resumeAsked = true;
    } else {
      exchange.later(stage::resume);
    }
  }

  @Override
  public void sendLocalResponse(LocalResponse localResponse) {
    if (exchange.isOver()) {
      return;
    }
    exchange.askLocalResponse(localResponse, plugin());
    if (!isRunning()) {
      exchange.later(exchange::afterCallback);
    }
  }

  @Override
  public void inject(Direction direction, byte[] data, boolean endOfStream) {
    if (exchange.isOver()) {
      return;
    }
    int waiting = exchange.flow(direction).inFlight();
    if (waiting > bufferLimit()) {
      throw new PluginException(
          PluginException.Kind.LIMIT,
          "plugin "
              + plugin()
              + ": "
              + waiting
              + " bytes wait to be sent (expected: at most "
              + bufferLimit()
              + " before more are injected, limits.bodyBuffer)");
    }
    var stage = stage(direction);
    stage.inject(data, endOfStream);
    if (!stage.isRunning()) {
      exchange.later(stage::sendInjected);
    }
  }

  @Override
  public Headers addTrailers(Direction direction) {
    return exchange.isOver() ? new Headers(1) : stage(direction).addTrailers();
  }

  @Override
  public void resetStream() {
    if (exchange.isOver()) {
      return;
    }
    exchange.askReset(plugin());
    if (!isRunning()) {
      exchange.later(exchange::afterCallback);
    }
  }

  @Override
  public void setBufferLimit(Direction direction, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes: " + bytes + " (expected: 0 or more)");
    }
    stage(direction).limit((int) Math.min(bytes, bufferLimit()));
  }

  @Override
  public void clearRouteCache() {
    if (!exchange.isOver()) {
      exchange.clearRouteCache();
    }
  }

  @Override
  public List<UpstreamHost> upstreamHosts() {
    return exchange.isOver() ? List.of() : exchange.upstreamHosts();
  }

  @Override
  public boolean overrideUpstreamHost(String address) {
    return !exchange.isOver() && exchange.overrideUpstreamHost(address);
  }

  @Override
  public Properties properties() {
    var known = properties;
    if (known == null) {
      known = exchange.attributes(this);
      properties = known;
    }
    return known;
  }

  @Override
  public @Nullable AiExchange ai() {
    var side = exchange.dialogue();
    if (side != null && !source.talks()) {
      throw new ServiceException(
          ServiceException.Reason.NOT_GRANTED,
          "ai: not granted to plugin " + plugin() + " (expected: in its grants)");
    }
    return side == null ? null : side.view(this);
  }

  @Override
  public boolean isClosed() {
    return exchange.isOver();
  }

  private boolean isRunning() {
    return talking != null
        || stage(Direction.REQUEST).isRunning()
        || stage(Direction.RESPONSE).isRunning();
  }
}
