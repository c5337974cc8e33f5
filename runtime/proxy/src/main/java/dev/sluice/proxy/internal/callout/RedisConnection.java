package dev.sluice.proxy.internal.callout;

import dev.sluice.http.TcpClient;
import dev.sluice.http.TcpConnection;
import dev.sluice.http.TcpHandler;
import dev.sluice.plugin.host.RedisCallouts;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.proxy.internal.exchange.TimerWheel;
import dev.sluice.proxy.internal.upstream.Endpoint;
import dev.sluice.proxy.internal.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Is one connection to a server that speaks RESP: commands go out as they come, replies belong to
 * them in order. A reply that is late, or is no RESP, ends the connection and fails what waits.
 * Belongs to the loop.
 */
final class RedisConnection implements TcpHandler, TcpClient.Callback {
  /** Is a command that waits for its reply. */
  interface Reply {
    /** The reply came; the callee does not keep the buffer. */
    void succeeded(ByteBuf reply);

    /** None will come. */
    void failed(Reason reason, String message);
  }

  private final CalloutBudget budget;
  private final Upstream upstream;
  private final RedisCallouts.Settings settings;
  private final Runnable whenClosed;
  private final TimerWheel.Timer timer = new TimerWheel.Timer(this::look);
  private final ArrayDeque<Reply> waiting = new ArrayDeque<>();
  private final ArrayDeque<Long> deadlines = new ArrayDeque<>();
  private final RespScanner scanner = new RespScanner();
  private final CompositeByteBuf partial = Unpooled.compositeBuffer(Integer.MAX_VALUE);

  /** What is to be sent once there is a connection; null from then on. */
  private @Nullable ArrayDeque<ByteBuf> unsent = new ArrayDeque<>();

  private @Nullable Endpoint endpoint;
  private TcpClient.@Nullable Pending pending;
  private @Nullable TcpConnection connection;
  private boolean closed;

  /**
   * @param whenClosed runs once, before those who wait hear of it
   */
  RedisConnection(
      CalloutBudget budget,
      Upstream upstream,
      RedisCallouts.Settings settings,
      Runnable whenClosed) {
    this.budget = budget;
    this.upstream = upstream;
    this.settings = settings;
    this.whenClosed = whenClosed;
  }

  void connect() {
    int loop = budget.loop().number();
    if (!upstream.usesTcp()) {
      close(Reason.UNAVAILABLE, "is no longer granted to the plugin");
      return;
    }
    var chosen = upstream.choose(loop, ThreadLocalRandom.current().nextInt() >>> 1, null);
    if (chosen == null || !upstream.begin(loop, chosen, false)) {
      close(Reason.UNAVAILABLE, chosen == null ? "no endpoint" : "too many requests");
      return;
    }
    endpoint = chosen;
    if (!settings.password().isEmpty()) {
      var user = settings.username();
      handshake(
          user.isEmpty()
              ? List.of("AUTH", settings.password())
              : List.of("AUTH", user, settings.password()));
    }
    if (settings.database() != 0) {
      handshake(List.of("SELECT", Integer.toString(settings.database())));
    }
    pending = upstream.tcpClient(loop).connect(chosen.address(), this);
  }

  private void handshake(List<String> words) {
    var command = new StringBuilder().append('*').append(words.size()).append("\r\n");
    for (var word : words) {
      int size = word.getBytes(StandardCharsets.UTF_8).length;
      command.append('$').append(size).append("\r\n").append(word).append("\r\n");
    }
    send(
        Unpooled.copiedBuffer(command, StandardCharsets.UTF_8),
        new Reply() {
          @Override
          public void succeeded(ByteBuf reply) {
            if (reply.getByte(reply.readerIndex()) == '-') {
              var refusal = reply.toString(StandardCharsets.UTF_8).strip();
              close(Reason.UNAVAILABLE, words.getFirst() + ": " + refusal);
            }
          }

          @Override
          public void failed(Reason reason, String message) {}
        });
  }

  /** Sends a command; takes over the buffer. */
  void send(ByteBuf command, Reply reply) {
    if (closed) {
      command.release();
      reply.failed(Reason.UNAVAILABLE, "the connection is closed");
      return;
    }
    waiting.add(reply);
    deadlines.add(System.nanoTime() + settings.timeout().toNanos());
    if (waiting.size() == 1) {
      budget.loop().timers().start(timer, settings.timeout().toNanos());
    }
    if (unsent != null) {
      unsent.add(command);
    } else if (connection != null) {
      connection.send(command);
    }
  }

  /** Looks whether the oldest command has waited for too long. */
  private void look() {
    var oldest = deadlines.peek();
    if (closed || oldest == null) {
      return;
    }
    long left = oldest - System.nanoTime();
    if (left <= 0) {
      close(Reason.TIMEOUT, "no reply within " + settings.timeout());
    } else {
      budget.loop().timers().start(timer, left);
    }
  }

  @Override
  public TcpHandler connected(TcpConnection made) {
    connection = made;
    upstream.connected(budget.loop().number());
    var commands = unsent;
    unsent = null;
    if (commands != null) {
      commands.forEach(made::send);
    }
    made.setReading(true);
    return this;
  }

  @Override
  public void failed(String detail) {
    upstream.connected(budget.loop().number());
    pending = null;
    close(Reason.UNAVAILABLE, detail);
  }

  @Override
  public void onData(ByteBuf data) {
    try {
      int begin = data.readerIndex();
      while (!closed && data.isReadable() && scanner.read(data)) {
        reply(data, begin);
        scanner.reset();
        begin = data.readerIndex();
      }
      int rest = data.writerIndex() - begin;
      if (!closed && rest > 0) {
        partial.addComponent(true, data.retainedSlice(begin, rest));
        if (partial.readableBytes() > budget.bodyLimit()) {
          close(Reason.LIMIT, "a reply of more than " + budget.bodyLimit() + " bytes");
        }
      }
    } catch (RespScanner.Malformed e) {
      close(Reason.UNAVAILABLE, String.valueOf(e.getMessage()));
    } finally {
      data.release();
    }
  }

  private void reply(ByteBuf data, int begin) {
    var end = data.slice(begin, data.readerIndex() - begin);
    var next = waiting.poll();
    deadlines.poll();
    if (next == null) {
      close(Reason.UNAVAILABLE, "a reply that nobody asked for");
      return;
    }
    if (partial.isReadable()) {
      partial.addComponent(true, end.retain());
      next.succeeded(partial);
      partial.removeComponents(0, partial.numComponents());
      partial.clear();
    } else {
      next.succeeded(end);
    }
  }

  @Override
  public void onEnd() {
    close(Reason.UNAVAILABLE, "the server closed the connection");
  }

  @Override
  public void onWritable() {}

  @Override
  public void onIdle() {}

  @Override
  public void onDrain() {}

  @Override
  public void onClosed(String reason) {
    close(Reason.UNAVAILABLE, reason.isEmpty() ? "the connection was closed" : reason);
  }

  /** Ends it; those who wait hear why. Idempotent. */
  void close(Reason reason, String message) {
    if (closed) {
      return;
    }
    closed = true;
    whenClosed.run();
    budget.loop().timers().stop(timer);
    if (connection != null) {
      connection.abort();
    } else if (pending != null) {
      pending.cancel();
      upstream.connected(budget.loop().number());
    }
    if (endpoint != null) {
      upstream.end(budget.loop().number(), endpoint, false);
    }
    if (unsent != null) {
      unsent.forEach(ByteBuf::release);
      unsent = null;
    }
    partial.release();
    var text = "upstream " + upstream.name() + ": " + message;
    for (Reply reply; (reply = waiting.poll()) != null; ) {
      reply.failed(reason, text);
    }
  }
}
