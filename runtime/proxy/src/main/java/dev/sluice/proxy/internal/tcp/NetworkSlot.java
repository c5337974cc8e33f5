package dev.sluice.proxy.internal.tcp;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.ConnectionContext;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FailStrategy;
import dev.sluice.plugin.NetworkFilter;
import dev.sluice.plugin.NetworkFilter.Status;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.Properties;
import dev.sluice.proxy.internal.exchange.ChainLink;
import dev.sluice.proxy.internal.exchange.FilterSource;
import dev.sluice.proxy.internal.exchange.HeldBody;
import io.netty.buffer.ByteBuf;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Is the place of one plugin in the chain of a connection: makes its callbacks and holds the bytes
 * that it does not pass on. What it holds is offered to it again with the bytes that follow, as in
 * Envoy. Belongs to the loop.
 */
final class NetworkSlot implements ConnectionContext {
  private final TcpSession session;
  private final int index;
  private final ChainLink link;
  private final FilterSource source;
  private final Consumer<String> abort;
  private final Hold request;
  private final Hold response;
  private @Nullable NetworkFilter filter;
  private @Nullable Properties properties;
  private boolean opened;
  private boolean skipped;
  private boolean running;

  /** Is what waits in one direction. */
  private static final class Hold {
    private final HeldBody body;
    private boolean ended;
    private boolean endPassed;
    private boolean paused;
    private boolean inside;
    private boolean resumeAsked;

    Hold(HeldBody body) {
      this.body = body;
    }
  }

  NetworkSlot(TcpSession session, int index, ChainLink link, int loop) {
    this.session = session;
    this.index = index;
    this.link = link;
    source = link.byLoop().get(loop);
    abort = session::abort;
    request = new Hold(new HeldBody(link.plugin(), source.bodyBuffer()));
    response = new Hold(new HeldBody(link.plugin(), source.bodyBuffer()));
    source.retain(abort);
  }

  String plugin() {
    return link.plugin();
  }

  FilterSource source() {
    return source;
  }

  /** Returns whether it holds as much as it may in a direction. */
  boolean isFull(Direction direction) {
    return hold(direction).body.length() >= source.bodyBuffer();
  }

  private Hold hold(Direction direction) {
    return direction == Direction.REQUEST ? request : response;
  }

  /** The connection reaches it. */
  void open() {
    if (opened) {
      return;
    }
    opened = true;
    request.inside = true;
    var status = call(() -> live().onNewConnection());
    request.inside = false;
    settle(Direction.REQUEST, status);
  }

  boolean isOpened() {
    return opened;
  }

  /** Bytes reach it, or the end of a direction. */
  void receive(Direction direction, ByteBuf data, boolean end) {
    var hold = hold(direction);
    hold.body.add(data);
    hold.ended |= end;
    hold.inside = true;
    var status =
        call(
            () ->
                direction == Direction.REQUEST
                    ? live().onDownstreamData(hold.body, hold.ended)
                    : live().onUpstreamData(hold.body, hold.ended));
    hold.inside = false;
    settle(direction, status);
  }

  private void settle(Direction direction, @Nullable Status status) {
    if (status == null || session.isOver()) {
      return;
    }
    var hold = hold(direction);
    hold.paused = status == Status.STOP_ITERATION && !hold.resumeAsked;
    hold.resumeAsked = false;
    if (!hold.paused) {
      pass(direction);
    }
  }

  /** Passes on what is held. */
  private void pass(Direction direction) {
    var hold = hold(direction);
    hold.paused = false;
    if (direction == Direction.REQUEST) {
      session.openAfter(index);
    }
    boolean end = hold.ended && !hold.endPassed;
    if (session.isOver() || (hold.body.isEmpty() && !end)) {
      return;
    }
    hold.endPassed |= end;
    session.pass(direction, index, hold.body.take(), end);
  }

  private NetworkFilter live() {
    var made = filter;
    if (made == null) {
      made = source.newNetworkFilter(this);
      filter = made;
    }
    return made;
  }

  /** Makes a callback; null when the connection goes another way now. */
  private @Nullable Status call(Supplier<Status> callback) {
    if (skipped) {
      return Status.CONTINUE;
    }
    boolean measured = source.called();
    long start = measured ? System.nanoTime() : 0;
    running = true;
    try {
      var status = callback.get();
      return session.afterCallback() ? null : status;
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      return failed(e);
    } finally {
      running = false;
      if (measured) {
        source.took(System.nanoTime() - start);
      }
    }
  }

  private @Nullable Status failed(Throwable thrown) {
    var cause = asPluginException(thrown);
    source.failed(cause, link.failStrategy());
    skipped = true;
    if (link.failStrategy() != FailStrategy.FAIL_OPEN) {
      session.pluginFailed(plugin(), cause);
      return null;
    }
    session.later(this::passHeld);
    return Status.CONTINUE;
  }

  private void passHeld() {
    for (var direction : Direction.values()) {
      if (opened && hold(direction).paused) {
        pass(direction);
      }
    }
  }

  private static PluginException asPluginException(Throwable thrown) {
    return thrown instanceof PluginException known
        ? known
        : new PluginException(PluginException.Kind.INTERNAL, thrown.toString(), thrown);
  }

  /** Makes the last callbacks. */
  void finish(boolean connected, boolean clientClosed, boolean upstreamClosed) {
    var made = filter;
    filter = null;
    if (made != null && !skipped) {
      last(
          () -> {
            if (connected) {
              made.onUpstreamClose(upstreamClosed);
            }
            made.onDownstreamClose(clientClosed);
            made.onLog();
          });
    }
    if (made != null) {
      last(made::onDestroy);
    }
    request.body.clear();
    response.body.clear();
    var arm = link.arm();
    if (arm != null) {
      arm.count(session.loop(), skipped);
    }
    source.release(abort);
  }

  private void last(Runnable callbacks) {
    try {
      callbacks.run();
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      if (!skipped) {
        skipped = true;
        source.failed(asPluginException(e), link.failStrategy());
      }
    }
  }

  // ConnectionContext

  @Override
  public long id() {
    return session.client().info().id();
  }

  @Override
  public @Nullable Body body(Direction direction) {
    var hold = hold(direction);
    boolean visible = hold.inside || hold.paused;
    return session.isOver() || !visible ? null : hold.body;
  }

  @Override
  public void resume(Direction direction) {
    var hold = hold(direction);
    if (session.inLoop() && hold.inside) {
      hold.resumeAsked = true;
    } else {
      session.later(
          () -> {
            if (hold.paused) {
              pass(direction);
            }
          });
    }
  }

  @Override
  public void close(Direction direction) {
    session.askClose(plugin());
    if (!session.inLoop() || !running) {
      session.later(session::afterCallback);
    }
  }

  @Override
  public Properties properties() {
    var known = properties;
    if (known == null) {
      known = session.attributes().of(this);
      properties = known;
    }
    return known;
  }

  @Override
  public void execute(Runnable task) {
    session.later(
        () -> {
          try {
            task.run();
          } catch (RuntimeException | StackOverflowError | LinkageError e) {
            failed(e);
          }
        });
  }
}
