package dev.sluice.proxy.internal.callout;

import dev.sluice.plugin.host.Cancellable;
import dev.sluice.plugin.host.Completion;
import dev.sluice.plugin.host.RedisCallouts;
import dev.sluice.plugin.host.ServiceException;
import dev.sluice.plugin.host.ServiceException.Reason;
import dev.sluice.proxy.internal.upstream.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Speaks RESP for one VM, over one connection to each upstream, which no other VM uses: what a
 * guest says on it concerns nobody else.
 */
public final class RedisCalls implements RedisCallouts {
  private final CalloutBudget budget;
  private final Map<String, Settings> settings = new ConcurrentHashMap<>();

  /** By upstream; belongs to the loop. */
  private final Map<String, RedisConnection> connections = new HashMap<>();

  private boolean closed;

  /** Makes calls within a budget. */
  public RedisCalls(CalloutBudget budget) {
    this.budget = budget;
  }

  @Override
  public void init(Settings wanted) {
    budget.require("redis", budget.grants().redis(), wanted.upstream());
    CalloutBudget.requirePositive(wanted.timeout());
    if (wanted.database() < 0) {
      throw new ServiceException(
          Reason.BAD_ARGUMENT, "database: " + wanted.database() + " (expected: 0 or more)");
    }
    var before = settings.put(wanted.upstream(), wanted);
    if (before != null && !before.equals(wanted)) {
      budget.owner().execute(() -> close(wanted.upstream()));
    }
  }

  private void close(String name) {
    var connection = connections.get(name);
    if (connection != null) {
      connection.close(Reason.UNAVAILABLE, "was initialized anew");
    }
  }

  @Override
  public Cancellable call(String name, byte[] command, Completion<byte[]> completion) {
    var upstream = budget.begin("redis", budget.grants().redis(), name);
    var chosen = settings.get(name);
    if (chosen == null || !isCommand(command)) {
      budget.ended(() -> {});
      throw new ServiceException(
          Reason.BAD_ARGUMENT,
          chosen == null
              ? "upstream " + name + ": was not initialized"
              : "no Redis command (expected: one RESP array)");
    }
    var call = new Call(completion);
    var bytes = Unpooled.wrappedBuffer(command.clone());
    budget.owner().execute(() -> send(upstream, chosen, bytes, call));
    return call;
  }

  private static boolean isCommand(byte[] command) {
    var bytes = Unpooled.wrappedBuffer(command);
    try {
      return command.length > 0
          && command[0] == '*'
          && new RespScanner().read(bytes)
          && !bytes.isReadable();
    } catch (RespScanner.Malformed e) {
      return false;
    }
  }

  private void send(Upstream upstream, Settings chosen, ByteBuf command, Call call) {
    if (closed) {
      command.release();
      call.failed(Reason.CANCELLED, "the plugin has ended");
      return;
    }
    var connection = connections.get(upstream.name());
    if (connection == null) {
      var made = new RedisConnection[1];
      made[0] =
          new RedisConnection(
              budget, upstream, chosen, () -> connections.remove(upstream.name(), made[0]));
      connection = made[0];
      connections.put(upstream.name(), connection);
      connection.connect();
    }
    connection.send(command, call);
  }

  /** Closes the connections; on the loop. */
  public void close() {
    closed = true;
    for (var connection : List.copyOf(connections.values())) {
      connection.close(Reason.CANCELLED, "the plugin has ended");
    }
  }

  /** Is a command of a guest. */
  private final class Call implements RedisConnection.Reply, Cancellable {
    private final Completion<byte[]> completion;
    private boolean answered;

    Call(Completion<byte[]> completion) {
      this.completion = completion;
    }

    @Override
    public void succeeded(ByteBuf reply) {
      if (!answered) {
        answered = true;
        var bytes = ByteBufUtil.getBytes(reply);
        budget.ended(() -> completion.succeeded(bytes));
      }
    }

    @Override
    public void failed(Reason reason, String message) {
      if (!answered) {
        answered = true;
        budget.ended(() -> completion.failed(new ServiceException(reason, message)));
      }
    }

    /** The command was sent and cannot be taken back: only its reply is dropped. */
    @Override
    public void cancel() {
      budget.loop().eventLoop().execute(() -> failed(Reason.CANCELLED, "the call was cancelled"));
    }
  }
}
