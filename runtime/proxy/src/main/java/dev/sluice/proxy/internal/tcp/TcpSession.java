package dev.sluice.proxy.internal.tcp;

import dev.sluice.http.TcpClient;
import dev.sluice.http.TcpConnection;
import dev.sluice.http.TcpHandler;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.PluginException;
import dev.sluice.proxy.ConnectionRecord;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.internal.exchange.ExchangeEnvironment;
import dev.sluice.proxy.internal.exchange.LiveSnapshot;
import dev.sluice.proxy.internal.exchange.LiveTcp;
import dev.sluice.proxy.internal.exchange.LoopState;
import dev.sluice.proxy.internal.upstream.Endpoint;
import dev.sluice.proxy.internal.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Is one connection of a TCP listener: the client's, the upstream's, and the plugins between them.
 * Both legs and the plugins run on one loop, which it belongs to.
 *
 * <p>Memory is bounded: a leg is read only while the other one keeps up and no plugin holds as much
 * as it may.
 */
public final class TcpSession implements TcpHandler {
  private static final Logger LOG = LoggerFactory.getLogger(TcpSession.class);

  private final LoopState state;
  private final LiveSnapshot snapshot;
  private final LiveTcp listener;
  private final TcpConnection client;
  private final NetworkSlot[] slots;
  private final ConnectionAttributes attributes = new ConnectionAttributes(this);
  private final UpstreamSide upstreamSide = new UpstreamSide();

  /** What waits for the upstream's connection; reading stops as soon as something does. */
  private final ArrayDeque<ByteBuf> early = new ArrayDeque<>();

  private @Nullable Endpoint endpoint;
  private TcpClient.@Nullable Pending connecting;
  private @Nullable TcpConnection upstream;
  private boolean counted;
  private boolean pending;
  private boolean clientEnded;
  private boolean upstreamEnded;
  private boolean upstreamGone;
  private boolean requestEndSent;
  private boolean responseEndSent;
  private boolean closeAsked;
  private boolean over;
  private String code = "";
  private String detail = "";
  private @Nullable String plugin;
  private long received;
  private long sent;
  private final long startWall;
  private final long startNanos = System.nanoTime();
  private long connectNanos = -1;

  /** Begins a session; {@link #start} is to follow. */
  public TcpSession(
      LoopState state, LiveSnapshot snapshot, LiveTcp listener, TcpConnection client) {
    this.state = state;
    this.snapshot = snapshot;
    this.listener = listener;
    this.client = client;
    startWall = environment().clock().wallNanos();
    snapshot.begin(state.number());
    slots = new NetworkSlot[listener.chain().size()];
    for (int i = 0; i < slots.length; i++) {
      slots[i] =
          new NetworkSlot(this, i, listener.chain().get(i).choose(null, state), state.number());
    }
  }

  /** Lets the plugins see the connection, and connects when they agree. */
  public void start() {
    openAfter(-1);
    updateReading();
  }

  private ExchangeEnvironment environment() {
    return state.environment();
  }

  TcpConnection client() {
    return client;
  }

  int loop() {
    return state.number();
  }

  String upstreamName() {
    return listener.upstream().name();
  }

  @Nullable InetSocketAddress endpoint() {
    return endpoint == null ? null : endpoint.address();
  }

  ConnectionAttributes attributes() {
    return attributes;
  }

  boolean isOver() {
    return over;
  }

  boolean inLoop() {
    return state.eventLoop().inEventLoop();
  }

  /** Does something in a later turn of the loop, unless the session is over by then. */
  void later(Runnable action) {
    state
        .eventLoop()
        .execute(
            () -> {
              if (over) {
                state.dropped();
              } else {
                action.run();
                afterCallback();
                updateReading();
              }
            });
  }

  // The way of the bytes.

  /** The plugin at a place lets the connection pass: the next one sees it, or the upstream. */
  void openAfter(int index) {
    if (over) {
      return;
    }
    if (index + 1 < slots.length) {
      slots[index + 1].open();
    } else if (endpoint == null) {
      connect();
    }
  }

  /** Bytes leave the plugin at a place. */
  void pass(Direction direction, int from, ByteBuf data, boolean end) {
    int next = direction == Direction.REQUEST ? from + 1 : from - 1;
    if (over) {
      data.release();
    } else if (next >= 0 && next < slots.length) {
      slots[next].receive(direction, data, end);
    } else if (direction == Direction.REQUEST) {
      toUpstream(data, end);
    } else {
      toClient(data, end);
    }
  }

  private void toUpstream(ByteBuf data, boolean end) {
    requestEndSent |= end;
    var to = upstream;
    if (to == null) {
      early.add(data);
      return;
    }
    send(to, data);
    if (end) {
      to.end();
      endWhenBothEnded();
    }
  }

  private void toClient(ByteBuf data, boolean end) {
    sent += data.readableBytes();
    send(client, data);
    if (end) {
      responseEndSent = true;
      if (upstreamGone) {
        finish();
      } else {
        client.end();
        endWhenBothEnded();
      }
    }
  }

  private static void send(TcpConnection to, ByteBuf data) {
    if (data.isReadable()) {
      to.send(data);
    } else {
      data.release();
    }
  }

  private void endWhenBothEnded() {
    if (requestEndSent && responseEndSent) {
      finish();
    }
  }

  private void updateReading() {
    if (over) {
      return;
    }
    var to = upstream;
    // Until every plugin has let the connection pass nothing is read, as in Envoy.
    boolean request = to == null ? endpoint != null && early.isEmpty() : to.isWritable();
    boolean response = client.isWritable();
    for (var slot : slots) {
      request &= !slot.isFull(Direction.REQUEST);
      response &= !slot.isFull(Direction.RESPONSE);
    }
    client.setReading(request);
    if (to != null) {
      to.setReading(response);
    }
  }

  // The upstream's connection.

  private void connect() {
    var to = listener.upstream();
    int loop = state.number();
    var chosen = to.choose(loop, state.random(), null);
    if (chosen == null) {
      fail(GatewayError.NO_HEALTHY_UPSTREAM.code(), "upstream " + to.name() + ": no endpoint");
      return;
    }
    endpoint = chosen;
    if (!to.begin(loop, chosen, false)) {
      fail(GatewayError.CIRCUIT_OPEN.code(), "upstream " + to.name() + ": too many connections");
      return;
    }
    counted = true;
    pending = true;
    connecting = to.tcpClient(loop).connect(chosen.address(), upstreamSide);
  }

  private void settled(Upstream to) {
    if (pending) {
      pending = false;
      to.connected(state.number());
    }
  }

  /** Receives what the upstream sends. */
  private final class UpstreamSide implements TcpHandler, TcpClient.Callback {
    @Override
    public TcpHandler connected(TcpConnection connection) {
      settled(listener.upstream());
      upstream = connection;
      connectNanos = System.nanoTime() - startNanos;
      for (ByteBuf data; (data = early.poll()) != null; ) {
        send(connection, data);
      }
      if (requestEndSent) {
        connection.end();
      }
      updateReading();
      return this;
    }

    @Override
    public void failed(String why) {
      if (endpoint != null) {
        endpoint.connectFailed(state.number());
      }
      fail(GatewayError.CONNECT_FAILED.code(), "upstream " + upstreamName() + ": " + why);
    }

    @Override
    public void onData(ByteBuf data) {
      pass(Direction.RESPONSE, slots.length, data, false);
      updateReading();
    }

    @Override
    public void onEnd() {
      upstreamEnded = true;
      pass(Direction.RESPONSE, slots.length, Unpooled.EMPTY_BUFFER, true);
      updateReading();
    }

    @Override
    public void onWritable() {
      updateReading();
    }

    @Override
    public void onIdle() {}

    @Override
    public void onDrain() {}

    @Override
    public void onClosed(String reason) {
      upstreamGone = true;
      if (over || (upstreamEnded && !responseEndSent)) {
        return; // a plugin still holds the end of what the upstream sent
      }
      if (!upstreamEnded) {
        if (endpoint != null) {
          endpoint.failed(state.number());
        }
        note(GatewayError.UPSTREAM_RESET.code(), "upstream " + upstreamName() + ": " + reason);
      }
      finish();
    }
  }

  // What the client does.

  @Override
  public void onData(ByteBuf data) {
    received += data.readableBytes();
    pass(Direction.REQUEST, -1, data, false);
    updateReading();
  }

  @Override
  public void onEnd() {
    clientEnded = true;
    pass(Direction.REQUEST, -1, Unpooled.EMPTY_BUFFER, true);
    updateReading();
  }

  @Override
  public void onWritable() {
    updateReading();
  }

  @Override
  public void onIdle() {
    if (over) {
      client.abort();
    } else {
      note("idle_timeout", "nothing was sent or received for the listener's timeouts.idle");
      finish();
    }
  }

  @Override
  public void onDrain() {}

  @Override
  public void onClosed(String reason) {
    if (over) {
      return;
    }
    if (!clientEnded) {
      note(GatewayError.CLIENT_GONE.code(), reason.isEmpty() ? "the client closed" : reason);
    }
    clientEnded = true;
    finish();
  }

  // Ends.

  void askClose(String by) {
    closeAsked = true;
    if (plugin == null) {
      plugin = by;
    }
  }

  /** Does what a callback asked for; returns whether the session is over. */
  boolean afterCallback() {
    if (closeAsked && !over) {
      note("plugin_closed", "plugin " + plugin + " closed the connection");
      finish();
    }
    return over;
  }

  void pluginFailed(String name, PluginException cause) {
    plugin = name;
    fail(GatewayError.PLUGIN_FAILED.code(), name + ": " + cause.kind() + ": " + cause.getMessage());
  }

  /** Ends it because its plugin has to go. */
  void abort(String why) {
    fail("reset", why);
  }

  private void note(String word, String why) {
    if (code.isEmpty()) {
      code = word;
      detail = why;
    }
  }

  private void fail(String word, String why) {
    if (!over) {
      note(word, why);
      finish();
      client.abort();
    }
  }

  /** Ends the session: what was passed on is still sent, then both connections close. */
  private void finish() {
    if (over) {
      return;
    }
    over = true;
    var to = upstream;
    if (connecting != null && to == null) {
      connecting.cancel();
    }
    early.forEach(ByteBuf::release);
    early.clear();
    settled(listener.upstream());
    if (counted && endpoint != null) {
      counted = false;
      listener.upstream().end(state.number(), endpoint, false);
    }
    for (var slot : slots) {
      slot.finish(to != null, clientEnded, upstreamEnded || upstreamGone);
    }
    if (to != null) {
      to.close();
    }
    client.close();
    snapshot.end(state.number());
    report();
  }

  private void report() {
    try {
      environment()
          .observer()
          .onConnectionEnd(
              new ConnectionRecord(
                  state.number(),
                  client.info(),
                  upstreamName(),
                  endpoint(),
                  code,
                  detail,
                  plugin,
                  received,
                  sent,
                  startWall,
                  System.nanoTime() - startNanos,
                  connectNanos));
    } catch (RuntimeException e) {
      LOG.error("the observer failed", e);
    }
  }
}
