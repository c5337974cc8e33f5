package dev.sluice.control.internal;

import dev.sluice.proxy.ExchangeObserver;
import dev.sluice.proxy.ExchangeRecord;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a JSON line for each exchange. A loop only puts an entry into a ring of its own; a thread
 * empties the rings, encodes and writes. When it does not keep up lines are dropped and counted.
 */
public final class AccessLog implements ExchangeObserver, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);
  private static final int RING = 8192;
  private static final long PAUSE_MILLIS = 10;

  private final Ring[] rings;
  private final AtomicLong dropped = new AtomicLong();
  private final Path path;
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean reopen;

  /**
   * @param path a file to append to; {@code /dev/stdout} works
   */
  public AccessLog(Path path, int loops) {
    this.path = path;
    this.rings = new Ring[loops];
    for (int i = 0; i < loops; i++) {
      rings[i] = new Ring();
    }
    this.thread = Thread.ofPlatform().daemon().name("sluice-access-log").start(this::run);
  }

  @Override
  public void onEnd(ExchangeRecord exchange) {
    if (!rings[exchange.loop()].offer(AccessLogEntry.of(exchange))) {
      dropped.incrementAndGet();
    }
  }

  /** Returns how many lines were dropped. */
  public long dropped() {
    return dropped.get();
  }

  /** Opens the file again, after a rotation renamed it. */
  public void reopen() {
    reopen = true;
  }

  private void run() {
    var line = new StringBuilder(512);
    OutputStream out = null;
    boolean last = false;
    while (!last) {
      last = closed;
      try {
        if (out == null || reopen) {
          reopen = false;
          close(out);
          out = open();
        }
        boolean any = false;
        for (var ring : rings) {
          for (var entry = ring.poll(); entry != null; entry = ring.poll()) {
            any = true;
            line.setLength(0);
            entry.appendTo(line);
            out.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
          }
        }
        if (any) {
          out.flush();
        } else if (!last) {
          TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
      } catch (IOException e) {
        LOG.warn("cannot write the access log {}: {}", path, e.toString());
        close(out);
        out = null;
        pause();
      } catch (InterruptedException e) {
        last = false;
      }
    }
    close(out);
  }

  private OutputStream open() throws IOException {
    if (path.toString().equals("/dev/stdout")) {
      return new BufferedOutputStream(
          new java.io.FileOutputStream(java.io.FileDescriptor.out), 64 << 10);
    }
    return new BufferedOutputStream(
        Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND),
        64 << 10);
  }

  private static void pause() {
    try {
      TimeUnit.SECONDS.sleep(1);
    } catch (InterruptedException e) {
      LOG.debug("woken");
    }
  }

  private void close(@Nullable OutputStream out) {
    try {
      if (out != null && !path.toString().equals("/dev/stdout")) {
        out.close();
      } else if (out != null) {
        out.flush();
      }
    } catch (IOException e) {
      LOG.warn("cannot close the access log {}: {}", path, e.toString());
    }
  }

  /** Writes what is left. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(5_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Passes entries from one loop to the writer without locks. */
  private static final class Ring {
    private final AtomicReferenceArray<@Nullable AccessLogEntry> slots =
        new AtomicReferenceArray<>(RING);
    private int head;
    private int tail;

    /** Called on the loop. */
    boolean offer(AccessLogEntry entry) {
      int slot = tail & (RING - 1);
      if (slots.get(slot) != null) {
        return false;
      }
      slots.lazySet(slot, entry);
      tail++;
      return true;
    }

    /** Called on the writer's thread. */
    @Nullable AccessLogEntry poll() {
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
