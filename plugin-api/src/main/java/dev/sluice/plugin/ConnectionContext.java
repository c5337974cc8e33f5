package dev.sluice.plugin;

import org.jspecify.annotations.Nullable;

/**
 * Is one TCP connection as a {@link NetworkFilter} sees it. Same threads as {@link StreamContext}.
 */
public interface ConnectionContext {
  /** Returns a number that is unique in the process. */
  long id();

  /** Returns the bytes that this filter sees or holds in a direction, or null. */
  @Nullable Body body(Direction direction);

  /** Passes on what is held back; thread-safe and idempotent. */
  void resume(Direction direction);

  /** Closes one side: REQUEST is the client's, RESPONSE the upstream's. */
  void close(Direction direction);

  /** Returns the attributes of the connection. */
  Properties properties();

  /** Runs a task on the loop of the connection. */
  void execute(Runnable task);
}
