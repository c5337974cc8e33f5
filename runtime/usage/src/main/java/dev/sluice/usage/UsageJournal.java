package dev.sluice.usage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the sums of a ledger in a file, so that they survive the process: a thread of its own looks
 * each second which have changed and writes those, so a process that is killed loses what came in
 * its last second. The file holds no more lines than twice the sums, or 1000.
 *
 * <p>A line that is damaged is left out and reported; a copy of the file stays. While another
 * process has the file, and while it cannot be written, sums are kept in memory and go into the
 * file once that is possible.
 */
public final class UsageJournal implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(UsageJournal.class);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** What looking for changes may take of a core: the fiftieth part. */
  private static final int SHARE = 50;

  private final UsageLedger ledger;
  private final Path path;
  private final boolean asked;
  private final Map<UsageKey, Long> written = new HashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicLong failures = new AtomicLong();
  private @Nullable JournalFile file;
  private @Nullable Thread thread;
  private volatile @Nullable String damage;
  private volatile @Nullable String failure;

  UsageJournal(UsageLedger ledger, Path path, boolean asked) {
    this.ledger = ledger;
    this.path = path;
    this.asked = asked;
  }

  /**
   * Reads a file into a ledger and keeps it there from now on.
   *
   * @param path made once there is a sum
   * @param asked whether somebody named the file: then whether it can be used is tried at once, and
   *     not with the first sum
   */
  public static UsageJournal start(UsageLedger ledger, Path path, boolean asked) {
    var journal = new UsageJournal(ledger, path, asked);
    journal.keep();
    var thread = Thread.ofPlatform().daemon().name("sluice-usage").unstarted(journal::run);
    journal.thread = thread;
    thread.start();
    return journal;
  }

  /** Returns what is wrong with the file, or null. */
  public @Nullable String problem() {
    var now = failure;
    return now == null ? damage : now;
  }

  /** Returns how many times the file could not be read or written. */
  public long failures() {
    return failures.get();
  }

  private void run() {
    long pause = SECOND;
    try {
      while (!closed.await(pause, TimeUnit.NANOSECONDS)) {
        long begin = System.nanoTime();
        keep();
        pause = Math.max(SECOND, SHARE * (System.nanoTime() - begin));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Writes what has changed. On one thread at a time. */
  void keep() {
    try {
      if (file == null && (!isWanted() || !take())) {
        return;
      }
      write();
      if (failure != null) {
        LOG.info("usage is kept in {} again", path);
        failure = null;
      }
    } catch (IOException e) {
      failed(path + " cannot be used: " + e);
    }
  }

  private boolean isWanted() {
    return asked || !ledger.isEmpty() || Files.exists(path);
  }

  private void failed(String problem) {
    failures.incrementAndGet();
    if (!problem.equals(failure)) {
      failure = problem;
      LOG.warn("usage is in memory only: {}", problem);
    }
  }

  /** Takes the file once there is need of it and nobody else has it. */
  private boolean take() throws IOException {
    var taken = JournalFile.take(path);
    if (taken == null) {
      if (failure == null) {
        failure = path + " belongs to another gateway that runs";
        LOG.warn("usage is in memory only: {}", failure);
      }
      return false;
    }
    boolean done = false;
    try {
      var kept = taken.read();
      ledger.restore(kept.since(), kept.sums());
      if (kept.damaged() > 0) {
        damage =
            "%s had %d damaged lines, which do not count (a copy is %s)"
                .formatted(path, kept.damaged(), taken.damaged());
        failures.incrementAndGet();
        LOG.warn("usage: {}", damage);
      }
      file = taken;
      done = true;
      return true;
    } finally {
      if (!done) {
        taken.close();
      }
    }
  }

  private void write() throws IOException {
    var all = ledger.sums();
    Map<UsageKey, UsageSum> changed = new HashMap<>();
    all.forEach(
        (key, sum) -> {
          var before = written.get(key);
          if (before == null || before != sum.requests()) {
            changed.put(key, sum);
          }
        });
    if (!changed.isEmpty() && file != null) {
      file.write(ledger.since(), changed, all);
      written.keySet().retainAll(all.keySet());
      changed.forEach((key, sum) -> written.put(key, sum.requests()));
    }
  }

  /** Writes what has changed, and leaves the file to others. */
  @Override
  public void close() {
    if (closed.getCount() == 0) {
      return;
    }
    closed.countDown();
    var running = thread;
    try {
      if (running != null) {
        running.join();
      }
      keepLast();
    } catch (IOException e) {
      LOG.warn("cannot close {}", path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void keepLast() throws IOException {
    keep();
    if (file != null) {
      file.close();
      file = null;
    }
  }
}
