package dev.sluice.usage.internal;

import dev.sluice.plugin.Headers;
import dev.sluice.proxy.TraceContext;
import dev.sluice.proxy.Tracer;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Reads and writes {@code traceparent} (W3C Trace Context, level 1). A caller's trace is continued
 * with the caller's decision whether it is kept; a value that is not valid begins a new trace and
 * drops {@code tracestate}, as the recommendation says.
 */
public final class TraceParent implements Tracer {
  private static final String PARENT = "traceparent";
  private static final int LENGTH = 55;
  private static final int TRACE = 3;
  private static final int SPAN = 36;
  private static final int FLAGS = 53;
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private final double sampling;

  /**
   * @param sampling which share of the traces that begin here is kept, 0 to 1
   */
  public TraceParent(double sampling) {
    this.sampling = sampling;
  }

  @Override
  public TraceContext begin(Headers request) {
    int index = request.indexOf(PARENT, 0);
    var given = index < 0 ? "" : request.value(index);
    boolean known = isValid(given) && request.indexOf(PARENT, index + 1) < 0;
    var random = ThreadLocalRandom.current();
    var trace =
        known
            ? given.substring(TRACE, TRACE + 32)
            : hex(random.nextLong() | 1) + hex(random.nextLong());
    var parent = known ? given.substring(SPAN, SPAN + 16) : "";
    boolean sampled =
        known
            ? (Character.digit(given.charAt(FLAGS + 1), 16) & 1) == 1
            : sampling >= 1 || random.nextDouble() < sampling;
    var upstream = hex(random.nextLong() | 1);
    if (!known) {
      request.remove(PARENT);
      request.remove("tracestate");
    }
    var value = "00-" + trace + "-" + upstream + (sampled ? "-01" : "-00");
    if (known) {
      request.setTrusted(index, value);
    } else {
      request.addTrusted(PARENT, value);
    }
    return new TraceContext(trace, parent, hex(random.nextLong() | 1), upstream, sampled);
  }

  /** Version 00 has exactly four fields; later ones may have more (section 4.3). */
  private static boolean isValid(String value) {
    if (value.length() < LENGTH
        || value.startsWith("ff")
        || (value.length() > LENGTH && (value.startsWith("00") || value.charAt(LENGTH) != '-'))) {
      return false;
    }
    for (int i = 0; i < LENGTH; i++) {
      char c = value.charAt(i);
      boolean dash = i == 2 || i == 35 || i == 52;
      if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
        return false;
      }
    }
    return !isZero(value, TRACE, 32) && !isZero(value, SPAN, 16);
  }

  private static boolean isZero(String value, int from, int length) {
    for (int i = from; i < from + length; i++) {
      if (value.charAt(i) != '0') {
        return false;
      }
    }
    return true;
  }

  private static String hex(long value) {
    var digits = new char[16];
    for (int i = 0; i < 16; i++) {
      digits[i] = HEX[(int) (value >>> (60 - i * 4)) & 15];
    }
    return new String(digits);
  }
}
