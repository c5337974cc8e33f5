package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.ConnectionInfo;
import dev.sluice.proxy.internal.upstream.LoopCells;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Is what one loop keeps for the exchanges on it. Belongs to that loop. */
public final class LoopState {
  /** Exchanges begun. */
  public static final int STARTED = 0;

  /** Exchanges under way. */
  public static final int ACTIVE = 1;

  /** Callbacks that came too late. */
  public static final int DROPPED = 2;

  private static final int ADDRESSES = 256;
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  final int number;
  final EventLoop eventLoop;
  final TimerWheel timers;
  final ExchangeEnvironment environment;
  private final LoopCells cells;

  /** Texts of peers' addresses by connection: a connection's requests share one string. */
  private final String[] addressTexts = new String[ADDRESSES];

  private final long[] addressOwners = new long[ADDRESSES];
  private final char[] idChars = new char[32];
  private final long idHigh = new SecureRandom().nextLong();
  private long random = new SecureRandom().nextLong() | 1;
  private long exchanges;
  private @Nullable Exchange first;

  /** Creates the state of a loop. */
  public LoopState(
      int number, EventLoop eventLoop, ExchangeEnvironment environment, LoopCells cells) {
    this.number = number;
    this.eventLoop = eventLoop;
    this.environment = environment;
    this.cells = cells;
    timers = new TimerWheel(eventLoop, environment.clock());
  }

  /** Returns the loop. */
  public EventLoop eventLoop() {
    return eventLoop;
  }

  /** Returns the loop's number. */
  public int number() {
    return number;
  }

  /** Returns what all loops share. */
  public ExchangeEnvironment environment() {
    return environment;
  }

  /** Returns its timers. */
  public TimerWheel timers() {
    return timers;
  }

  /** Returns a random number of at least 0 (xorshift). */
  public int random() {
    long x = random;
    x ^= x << 13;
    x ^= x >>> 7;
    x ^= x << 17;
    random = x;
    return (int) (x >>> 33);
  }

  /** Counts something that came for a stream that has ended. */
  public void dropped() {
    cells.add(number, DROPPED, 1);
  }

  /** Enters an exchange into the list and returns its number. */
  long add(Exchange exchange) {
    var head = first;
    exchange.after = head;
    if (head != null) {
      head.before = exchange;
    }
    first = exchange;
    cells.add(number, STARTED, 1);
    cells.add(number, ACTIVE, 1);
    return (exchanges++ << 10) | number;
  }

  void remove(Exchange exchange) {
    var before = exchange.before;
    var after = exchange.after;
    if (before == null) {
      first = after;
    } else {
      before.after = after;
    }
    if (after != null) {
      after.before = before;
    }
    cells.add(number, ACTIVE, -1);
  }

  /** Returns the exchanges under way that fulfil a condition. */
  public List<Exchange> exchanges(Predicate<Exchange> condition) {
    var list = new ArrayList<Exchange>();
    for (var exchange = first; exchange != null; exchange = exchange.after) {
      if (condition.test(exchange)) {
        list.add(exchange);
      }
    }
    return list;
  }

  /** Returns the peer's address without port. */
  String addressOf(ConnectionInfo connection) {
    int at = (int) connection.id() & (ADDRESSES - 1);
    var text = addressTexts[at];
    if (text == null || addressOwners[at] != connection.id()) {
      text = hostOf(connection);
      addressTexts[at] = text;
      addressOwners[at] = connection.id();
    }
    return text;
  }

  private static String hostOf(ConnectionInfo connection) {
    return connection.remoteAddress() instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress().getHostAddress()
        : "unknown";
  }

  /** Returns a new request id: 16 octets in hexadecimal, unique by random and count. */
  String newRequestId() {
    long x = random ^ idHigh;
    random();
    hex(idHigh ^ exchanges * 0x9E3779B97F4A7C15L, 0);
    hex(x ^ random, 16);
    return new String(idChars);
  }

  private void hex(long value, int at) {
    for (int i = 0; i < 16; i++) {
      idChars[at + i] = HEX[(int) (value >>> (60 - i * 4)) & 15];
    }
  }
}
