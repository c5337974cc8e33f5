package dev.sluice.http.internal.net;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Is what the connections of one event loop share: who has something to flush, a coarse clock that
 * serves all timeouts, scratch memory, and the account of received bytes that nobody has taken yet.
 * Belongs to its thread.
 */
public final class Loop {
  private static final Logger LOG = LoggerFactory.getLogger(Loop.class);

  /**
   * Octets of one message head that are parsed in place; larger heads get an array of their own.
   */
  private static final int SCRATCH = 64 << 10;

  /** Milliseconds between two looks at the timeouts. */
  private static final long TICK = 100;

  private final int number;
  private final EventLoop eventLoop;
  private final long heldLimit;
  private final Names names = new Names();
  private final Runnable flushTask = this::flushAll;
  private byte[] scratch = new byte[SCRATCH];
  private List<Registration> dirty = new ArrayList<>();
  private List<Registration> flushing = new ArrayList<>();
  private boolean flushScheduled;
  private final Registration list = new Registration(this, null, null);
  private int registrations;
  private boolean ticking;
  private long now = System.nanoTime() / 1_000_000;
  private long held;

  /**
   * Creates the state of a loop.
   *
   * @param number its place among the loops
   * @param heldLimit received bytes that streams may hold over all connections of this loop before
   *     connection windows shrink to their minimum
   */
  public Loop(int number, EventLoop eventLoop, long heldLimit) {
    this.number = number;
    this.eventLoop = eventLoop;
    this.heldLimit = heldLimit;
    list.next = list;
    list.previous = list;
  }

  /** Returns the number of the loop. */
  public int number() {
    return number;
  }

  /** Returns the event loop. */
  public EventLoop eventLoop() {
    return eventLoop;
  }

  /** Returns the field names that this loop has seen. */
  public Names names() {
    return names;
  }

  /** Returns milliseconds since some moment, at most {@value #TICK} old while connections exist. */
  public long now() {
    return now;
  }

  /**
   * Returns memory that the caller may use until it calls a handler or returns to the loop.
   *
   * @param size octets at least
   */
  public byte[] scratch(int size) {
    if (size > scratch.length) {
      if (size > SCRATCH * 4) {
        return new byte[size];
      }
      scratch = new byte[Integer.highestOneBit(size - 1) << 1];
    }
    return scratch;
  }

  /** Counts received bytes that a stream holds (negative: has given back). */
  public void hold(int bytes) {
    held += bytes;
  }

  /** Returns whether the streams of this loop hold more than they should together. */
  public boolean holdsTooMuch() {
    return held > heldLimit;
  }

  /**
   * Registers a connection for ticks and for {@link #forEach}.
   *
   * @param owner what the connection belongs to
   */
  public Registration register(LoopConnection connection, Object owner) {
    var registration = new Registration(this, connection, owner);
    registration.previous = list.previous;
    registration.next = list;
    list.previous.next = registration;
    list.previous = registration;
    registrations++;
    if (!ticking) {
      ticking = true;
      now = System.nanoTime() / 1_000_000;
      scheduleTick();
    }
    return registration;
  }

  /** Calls an action for every connection of an owner; it may close them. */
  public void forEach(Object owner, Consumer<LoopConnection> action) {
    for (var at = list.next; at != list; ) {
      var connection = at.owner == owner ? at.connection : null;
      at = at.next;
      if (connection != null) {
        action.accept(connection);
      }
    }
  }

  private void scheduleTick() {
    eventLoop.schedule(this::tick, TICK, TimeUnit.MILLISECONDS);
  }

  private void tick() {
    now = System.nanoTime() / 1_000_000;
    for (var at = list.next; at != list; ) {
      var connection = at.connection;
      at = at.next;
      if (connection != null) {
        tickOne(connection);
      }
    }
    if (registrations == 0) {
      ticking = false;
    } else {
      scheduleTick();
    }
  }

  private void tickOne(LoopConnection connection) {
    try {
      connection.tick(now);
    } catch (RuntimeException e) {
      LOG.error("A connection failed and is closed", e);
      connection.abort();
    }
  }

  private void flushAll() {
    flushScheduled = false;
    var batch = dirty;
    dirty = flushing;
    flushing = batch;
    for (var registration : batch) {
      registration.dirty = false;
      flush(registration.connection);
    }
    batch.clear();
  }

  private static void flush(@Nullable LoopConnection connection) {
    if (connection == null) {
      return;
    }
    try {
      connection.flush();
    } catch (RuntimeException e) {
      LOG.error("A connection failed and is closed", e);
      connection.abort();
    }
  }

  /** Is the place of a connection in its loop. */
  public static final class Registration {
    private final Loop loop;
    private final @Nullable LoopConnection connection;
    private final @Nullable Object owner;
    private Registration next = this;
    private Registration previous = this;
    private boolean dirty;
    private boolean closed;

    private Registration(Loop loop, @Nullable LoopConnection connection, @Nullable Object owner) {
      this.loop = loop;
      this.owner = owner;
      this.connection = connection;
    }

    /** Asks for {@link LoopConnection#flush} at the end of this turn of the loop. */
    public void dirty() {
      if (!dirty) {
        dirty = true;
        loop.dirty.add(this);
        if (!loop.flushScheduled) {
          loop.flushScheduled = true;
          loop.eventLoop.execute(loop.flushTask);
        }
      }
    }

    /** Ends the ticks; a flush that was asked for still comes. Idempotent. */
    public void close() {
      if (!closed) {
        closed = true;
        previous.next = next;
        next.previous = previous;
        loop.registrations--;
      }
    }
  }
}
