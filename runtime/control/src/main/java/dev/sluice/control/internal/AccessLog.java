package dev.sluice.control.internal;

import dev.sluice.proxy.ConnectionRecord;
import dev.sluice.proxy.ExchangeObserver;
import dev.sluice.proxy.ExchangeRecord;
import dev.sluice.usage.UsageRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a JSON line for each exchange and each connection of a TCP listener. A loop only puts an
 * entry into a ring of its own; a thread empties the rings, encodes and writes. When it does not
 * keep up lines are dropped and counted. A file that was renamed or removed is opened anew, so a
 * log rotation needs to do no more than that.
 */
final class AccessLog implements ExchangeObserver, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
  private static final int RING = 8192;
  private static final long PAUSE_NANOS = 10_000_000;
  private static final Duration RETRY = Duration.ofSeconds(1);

  private final Ring[] rings;
  private final AtomicLong dropped = new AtomicLong();
  private final Path path;
  private final Function<ExchangeRecord, @Nullable UsageRecord> usage;
  private final Thread thread;
  private volatile boolean closed;
  private @Nullable AccessLogFile file;
  private boolean failing;

  /**
   * @param path a file to append to; {@code /dev/stdout} works
   * @param usage answers what an exchange used; null off AI routes
   */
  AccessLog(Path path, int loops, Function<ExchangeRecord, @Nullable UsageRecord> usage) {
    this.path = path;
    this.usage = usage;
    this.rings = new Ring[loops];
    for (int i = 0; i < loops; i++) {
      rings[i] = new Ring();
    }
    this.thread = Thread.ofPlatform().daemon().name("sluice-access-log").start(this::run);
  }

  @Override
  public void onEnd(ExchangeRecord exchange) {
    offer(exchange.loop(), AccessLogEntry.of(exchange, usage.apply(exchange)));
  }

  @Override
  public void onConnectionEnd(ConnectionRecord connection) {
    offer(connection.loop(), ConnectionLogEntry.of(connection));
  }

  private void offer(int loop, AccessLogLine line) {
    if (!rings[loop].offer(line)) {
      dropped.incrementAndGet();
    }
  }

  /** Returns how many lines were dropped, because the writer was slow or the file failed. */
  long dropped() {
    return dropped.get();
  }

  private void run() {
    var line = new StringBuilder(512);
    boolean last = false;
    while (!last) {
      last = closed;
      var out = open();
      if (out == null) {
        if (!last) {
          LockSupport.parkNanos(this, RETRY.toNanos());
        }
      } else if (!write(out, line) && !last) {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
    close(file);
  }

  /** Returns the file, opened anew where it has to be, or null while that fails. */
  private @Nullable AccessLogFile open() {
    var current = file;
    if (current != null && !current.isGone()) {
      return current;
    }
    close(current);
    file = null;
    try {
      file = AccessLogFile.open(path);
      failing = false;
    } catch (IOException e) {
      failed(e);
    }
    return file;
  }

  /** Writes what is there and returns whether there was anything. */
  private boolean write(AccessLogFile out, StringBuilder line) {
    int lines = 0;
    try {
      for (var ring : rings) {
        for (var entry = ring.poll(); entry != null; entry = ring.poll()) {
          lines++;
          line.setLength(0);
          entry.appendTo(line);
          out.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
        }
      }
      if (lines > 0) {
        out.flush();
      }
    } catch (IOException e) {
      // Some of them may have arrived.
      dropped.addAndGet(lines);
      failed(e);
      close(out);
      file = null;
    }
    return lines > 0;
  }

  /** Says so once, not at every attempt. */
  private void failed(IOException e) {
    if (!failing) {
      LOG.warn("cannot write the access log {}: {}", path, e.toString());
    }
    failing = true;
  }

  private void close(@Nullable AccessLogFile open) {
    try {
      if (open != null) {
        open.close();
      }
    } catch (IOException e) {
      failed(e);
    }
  }

  /** Writes what is left. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Passes entries from one loop to the writer without locks. */
  private static final class Ring {
    private final AtomicReferenceArray<@Nullable AccessLogLine> slots =
        new AtomicReferenceArray<>(RING);
    private int head;
    private int tail;

    /** Called on the loop. */
    boolean offer(AccessLogLine entry) {
      int slot = tail & (RING - 1);
      if (slots.get(slot) != null) {
        return false;
      }
      slots.lazySet(slot, entry);
      tail++;
      return true;
    }

    /** Called on the writer's thread. */
    @Nullable AccessLogLine poll() {
      int slot = head & (RING - 1);
      var entry = slots.get(slot);
      if (entry != null) {
        slots.lazySet(slot, null);
        head++;
      }
      return entry;
    }
  }
}
