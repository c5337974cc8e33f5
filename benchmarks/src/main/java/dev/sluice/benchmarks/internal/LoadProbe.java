package dev.sluice.benchmarks.internal;

import dev.sluice.benchmarks.LoadResult;
import dev.sluice.plugin.engine.EngineOptions;
import dev.sluice.plugin.engine.PluginEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Loads one plugin in a JVM that has done nothing else, and prints what that took. */
public final class LoadProbe {
  private static final int VMS = 10;
  private static final String MARK = "load ";

  private LoadProbe() {}

  /** Loads the candidate of the name given. */
  public static void main(String[] arguments) throws IOException {
    var candidate = Candidate.named(arguments[0]);
    var cache =
        Files.createTempDirectory(
            "sluice-code-",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      double cold = load(candidate, null);
      load(candidate, cache);
      double warm = load(candidate, cache);
      System.out.printf(
          Locale.ROOT,
          MARK + "%s %d %.2f %.2f %s%n",
          candidate.name(),
          Files.size(candidate.file()),
          cold,
          warm,
          vms(candidate));
    } finally {
      delete(cache);
    }
  }

  /** Reads what {@link #main} printed. */
  public static LoadResult parse(String output) {
    var line =
        output
            .lines()
            .filter(text -> text.startsWith(MARK))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no result in: " + output));
    var fields = line.substring(MARK.length()).split(" ", 7);
    return new LoadResult(
        fields[0],
        Long.parseLong(fields[1]),
        Double.parseDouble(fields[2]),
        Double.parseDouble(fields[3]),
        Double.parseDouble(fields[4]),
        Double.parseDouble(fields[5]),
        Double.parseDouble(fields[6]));
  }

  private static double load(Candidate candidate, @Nullable Path cache) {
    try (var engine = engine(candidate)) {
      long start = System.nanoTime();
      engine.load(candidate.source(), new EngineOptions(candidate.limits(), true, cache)).close();
      return millisSince(start);
    }
  }

  private static PluginEngine engine(Candidate candidate) {
    return Guest.engine(candidate.engine());
  }

  private static String vms(Candidate candidate) {
    var guest = Guest.load(candidate);
    long start = System.nanoTime();
    var more = new ArrayList<Guest.Started>(List.of(guest.another()));
    double first = millisSince(start);
    var times = new double[VMS];
    long before = heap();
    for (int i = 0; i < VMS; i++) {
      start = System.nanoTime();
      more.add(guest.another());
      times[i] = millisSince(start);
    }
    double bytes = (double) (heap() - before) / VMS;
    Arrays.sort(times);
    more.forEach(Guest.Started::close);
    guest.close();
    return String.format(Locale.ROOT, "%.2f %.2f %.0f", first, times[VMS / 2], bytes);
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }

  private static long heap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
