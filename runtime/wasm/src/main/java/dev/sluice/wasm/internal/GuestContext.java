package dev.sluice.wasm.internal;

import dev.sluice.plugin.Body;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Is a context of a guest: a root context, or the stream context of an exchange or a connection.
 * Belongs to the VM's thread.
 */
abstract class GuestContext {
  /** Names the header maps of the ABI, {@code proxy_map_type_t}, that belong to a context. */
  static final int REQUEST_HEADERS = 0;

  static final int REQUEST_TRAILERS = 1;
  static final int RESPONSE_HEADERS = 2;
  static final int RESPONSE_TRAILERS = 3;

  private final GuestVm vm;
  private final int id;
  private boolean deleted;

  GuestContext(GuestVm vm, int id) {
    this.vm = vm;
    this.id = id;
  }

  final GuestVm vm() {
    return vm;
  }

  final int id() {
    return id;
  }

  /** Returns whether the guest was told to delete it. */
  final boolean isDeleted() {
    return deleted;
  }

  final void markDeleted() {
    deleted = true;
  }

  /** Returns the root context that this one belongs to, itself for a root context. */
  abstract GuestRoot root();

  /** Returns the attributes that this context sees. */
  abstract Properties properties();

  /** Returns a header map for reading, or null when it is not there. */
  @Nullable Headers headers(int map) {
    return null;
  }

  /** Returns a header map that may be changed now, or null. */
  @Nullable Headers headersToChange(int map) {
    return null;
  }

  /** Returns the bytes of buffer 0 to 3, or null when there are none. */
  @Nullable Body body(int buffer) {
    return null;
  }

  /** Returns the exchange, or null in a root context or on a connection. */
  @Nullable GuestStream stream() {
    return null;
  }

  /** Returns the connection, or null elsewhere. */
  @Nullable GuestConnection connection() {
    return null;
  }

  /** Continues what is held back in a stream of the ABI ({@code proxy_stream_type_t}). */
  int resume(int stream) {
    return AbiStatus.BAD_ARGUMENT;
  }

  /** Closes a stream of the ABI. */
  int close(int stream) {
    return AbiStatus.BAD_ARGUMENT;
  }
}
