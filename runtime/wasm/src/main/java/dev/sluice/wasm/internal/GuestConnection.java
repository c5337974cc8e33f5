package dev.sluice.wasm.internal;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.ConnectionContext;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.NetworkFilter;
import dev.sluice.plugin.Properties;
import org.jspecify.annotations.Nullable;

/** Is the stream context of a TCP connection (a plugin of type NETWORK). */
final class GuestConnection extends GuestContext implements NetworkFilter {
  /** {@code proxy_peer_type_t}. */
  private static final int LOCAL = 1;

  private static final int REMOTE = 2;

  private final GuestRoot root;
  private final ConnectionContext connection;
  private boolean created;
  private boolean done;

  GuestConnection(GuestRoot root, int id, ConnectionContext connection) {
    super(root.vm(), id);
    this.root = root;
    this.connection = connection;
    root.vm().remember(this);
  }

  @Override
  public Status onNewConnection() {
    return status(callback(GuestExport.NEW_CONNECTION, 0, 0));
  }

  @Override
  public Status onDownstreamData(Body data, boolean endOfStream) {
    return status(callback(GuestExport.DOWNSTREAM_DATA, data.length(), endOfStream ? 1 : 0));
  }

  @Override
  public Status onUpstreamData(Body data, boolean endOfStream) {
    return status(callback(GuestExport.UPSTREAM_DATA, data.length(), endOfStream ? 1 : 0));
  }

  @Override
  public void onDownstreamClose(boolean byPeer) {
    callback(GuestExport.DOWNSTREAM_CLOSE, byPeer ? REMOTE : LOCAL, 0);
  }

  @Override
  public void onUpstreamClose(boolean byPeer) {
    callback(GuestExport.UPSTREAM_CLOSE, byPeer ? REMOTE : LOCAL, 0);
  }

  @Override
  public void onLog() {
    if (vm().isAlive()) {
      done();
      callback(GuestExport.LOG, 0, 0);
    }
  }

  @Override
  public void onDestroy() {
    if (isDeleted()) {
      return;
    }
    try {
      if (created && vm().isAlive()) {
        done();
        callback(GuestExport.DELETE, 0, 0);
      }
    } finally {
      vm().patterns().closeStreams(this);
      vm().forget(this);
    }
  }

  /** Comes before the log, other than for an exchange (as in Envoy). */
  private void done() {
    if (!done) {
      done = true;
      callback(GuestExport.DONE, 0, 0);
    }
  }

  private int callback(GuestExport export, int first, int second) {
    GuestVm vm = vm();
    vm.enter(vm.callLimit());
    try {
      if (!created) {
        created = true;
        if (vm.has(GuestExport.CONTEXT_CREATE)) {
          vm.call(this, GuestExport.CONTEXT_CREATE, id(), root.id());
        }
      }
      return vm.has(export) ? vm.call(this, export, id(), first, second) : 0;
    } finally {
      vm.leave();
    }
  }

  private static Status status(int result) {
    return result == 0 ? Status.CONTINUE : Status.STOP_ITERATION;
  }

  @Override
  GuestRoot root() {
    return root;
  }

  @Override
  GuestConnection connection() {
    return this;
  }

  @Override
  Properties properties() {
    return connection.properties();
  }

  @Override
  @Nullable Body body(int buffer) {
    return switch (buffer) {
      case 2 -> connection.body(Direction.REQUEST);
      case 3 -> connection.body(Direction.RESPONSE);
      default -> null;
    };
  }

  @Override
  int resume(int stream) {
    if (stream < 2 || stream > 3) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var direction = stream == 2 ? Direction.REQUEST : Direction.RESPONSE;
    vm().afterCall(() -> connection.resume(direction));
    return AbiStatus.OK;
  }

  @Override
  int close(int stream) {
    if (stream < 2 || stream > 3) {
      return AbiStatus.BAD_ARGUMENT;
    }
    var direction = stream == 2 ? Direction.REQUEST : Direction.RESPONSE;
    vm().afterCall(() -> connection.close(direction));
    return AbiStatus.OK;
  }
}
