package dev.sluice.standin.internal;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.plugin.Headers;
import dev.sluice.standin.Books;
import dev.sluice.standin.ProducedAnswer;
import dev.sluice.standin.ReceivedRequest;
import dev.sluice.standin.StandInOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Takes the requests of a stand-in, and has what they share. Thread-safe. */
public final class Desk {
  private static final int KEPT_REQUESTS = 64;
  private static final int KEPT_BODY = 64 << 10;
  private static final int COUNTED = 10_000;

  final StandInOptions options;
  final Composer composer;
  final Ledger ledger = new Ledger();
  private final Map<String, Wishes> behaviours = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
  private final Deque<ReceivedRequest> requests = new ArrayDeque<>();

  /** Opens a desk. */
  public Desk(StandInOptions options) {
    this.options = options;
    this.composer = new Composer(options.text());
  }

  /** Takes a request. */
  public HttpStreamHandler begin(HttpStream response) {
    return new Visit(this, response);
  }

  /** Has requests with a key behave. */
  public void behave(String key, String wishes) {
    Wishes parsed = Wishes.parse(wishes);
    if (wishes.isBlank()) {
      behaviours.remove(key);
    } else {
      behaviours.put(key, parsed);
    }
    counts.clear();
  }

  /** Returns what requests with a key, and all requests, are to do. */
  Wishes behaviour(String key) {
    if (behaviours.isEmpty()) {
      return Wishes.NONE;
    }
    return behaviours.getOrDefault("*", Wishes.NONE).and(behaviours.getOrDefault(key, Wishes.NONE));
  }

  /** Returns the wishes that are in force for this request, as far as they are not for each. */
  Wishes counted(Wishes wishes) {
    if (!wishes.has("times") && !wishes.has("every")) {
      return wishes;
    }
    if (counts.size() > COUNTED) {
      counts.clear();
    }
    int number =
        counts.computeIfAbsent(wishes.toString(), absent -> new AtomicInteger()).incrementAndGet();
    boolean inForce =
        number <= wishes.number("times", Integer.MAX_VALUE)
            && number % Math.max(1, wishes.number("every", 1)) == 0;
    return inForce ? wishes : Wishes.NONE;
  }

  void received(Headers headers, byte[] body) {
    var fields = new HashMap<String, String>();
    for (int i = 0; i < headers.size(); i++) {
      fields.put(headers.name(i), headers.value(i));
    }
    var request =
        new ReceivedRequest(
            headers.get(":method", ""),
            headers.get(":path", ""),
            fields,
            new String(
                body,
                0,
                Math.min(body.length, KEPT_BODY),
                java.nio.charset.StandardCharsets.UTF_8));
    synchronized (requests) {
      if (requests.size() == KEPT_REQUESTS) {
        requests.removeFirst();
      }
      requests.addLast(request);
    }
  }

  /** Returns the last requests. */
  public List<ReceivedRequest> requests() {
    synchronized (requests) {
      return new ArrayList<>(requests);
    }
  }

  /** Returns what was produced. */
  public Books books() {
    return ledger.books();
  }

  /** Returns what was produced for each request. */
  public List<ProducedAnswer> answers() {
    return ledger.answers();
  }

  /** Forgets books and requests. */
  public void forget() {
    ledger.forget();
    counts.clear();
    synchronized (requests) {
      requests.clear();
    }
  }
}
