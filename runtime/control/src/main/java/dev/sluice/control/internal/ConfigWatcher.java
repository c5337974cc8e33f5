package dev.sluice.control.internal;

import dev.sluice.control.ConfigReader;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices when a file's content has changed: written in place, replaced by a rename, or reached
 * through a symbolic link that now points elsewhere (Kubernetes). Events only wake it early; what
 * decides is the content, looked at no less than once a second, so no change is missed.
 */
final class ConfigWatcher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ConfigWatcher.class);
  private static final long POLL_MILLIS = 1_000;
  private static final long SETTLE_MILLIS = 50;
  private static final byte[] NOTHING = {};

  private final Path file;
  private final Runnable onChange;
  private final WatchService events;
  private final Thread thread;
  private byte[] seen;
  private boolean wasEmpty;

  /**
   * @param onChange runs on the watcher's thread after each change, and reports its own failures
   */
  ConfigWatcher(Path file, byte[] seen, Runnable onChange) throws IOException {
    this.file = file.toAbsolutePath();
    this.seen = seen;
    this.onChange = onChange;
    this.events = FileSystems.getDefault().newWatchService();
    ConfigReader.folder(file)
        .register(
            events,
            StandardWatchEventKinds.ENTRY_CREATE,
            StandardWatchEventKinds.ENTRY_MODIFY,
            StandardWatchEventKinds.ENTRY_DELETE);
    this.thread = Thread.ofPlatform().daemon().name("sluice-config-watch").start(this::run);
  }

  private void run() {
    try {
      while (true) {
        var key = events.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (key != null) {
          key.pollEvents();
          key.reset();
          // A write in place comes in pieces: wait until two looks see the same.
          settle();
        }
        look(key == null);
      }
    } catch (InterruptedException | ClosedWatchServiceException e) {
      LOG.debug("stopped watching {}", file);
    }
  }

  private void settle() throws InterruptedException {
    byte[] before = read();
    while (true) {
      TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
      byte[] now = read();
      if (Arrays.equals(before, now)) {
        return;
      }
      before = now;
    }
  }

  /**
   * Takes what the file has now. One that is gone or empty may be about to be written: that counts
   * only when it is still so after a second in which nothing happened.
   */
  private void look(boolean quiet) {
    var now = read();
    boolean empty = now.length == 0;
    boolean lasting = !empty || (wasEmpty && quiet);
    wasEmpty = empty;
    if (!lasting || Arrays.equals(seen, now)) {
      return;
    }
    seen = now;
    try {
      onChange.run();
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      LOG.error("cannot apply the changed {}", file, e);
    }
  }

  /** Returns the content, as far as a configuration may go. */
  private byte[] read() {
    try (var in = Files.newInputStream(file)) {
      return in.readNBytes(ConfigReader.MAX_BYTES + 1);
    } catch (IOException e) {
      return NOTHING;
    }
  }

  @Override
  public void close() throws IOException {
    thread.interrupt();
    events.close();
  }
}
