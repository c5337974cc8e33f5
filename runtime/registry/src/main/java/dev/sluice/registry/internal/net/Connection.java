package dev.sluice.registry.internal.net;

import dev.sluice.registry.RegistryException;
import dev.sluice.registry.RegistryException.Reason;
import dev.sluice.registry.Timeouts;
import dev.sluice.registry.internal.net.Dialer.DialException;
import dev.sluice.registry.internal.net.Proxies.Proxy;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Carries one exchange at a time (RFC 9112). One thread uses it. */
final class Connection {
  private static final ScheduledThreadPoolExecutor WATCH = watch();

  private final Socket socket;
  private final Socket raw;
  private final Origin origin;
  private final Reach reach;
  private final Timeouts timeouts;
  private final @Nullable Proxy proxy;
  private final InputStream in;
  private final OutputStream out;
  private volatile boolean expired;
  private boolean answered;
  private @Nullable ScheduledFuture<?> deadline;

  /**
   * @param raw the socket below TLS; closing it never waits
   * @param proxy where requests carry whole URLs because a proxy forwards them, or null
   */
  Connection(
      Socket socket,
      Socket raw,
      Origin origin,
      Reach reach,
      Timeouts timeouts,
      @Nullable Proxy proxy)
      throws IOException {
    this.socket = socket;
    this.raw = raw;
    this.origin = origin;
    this.reach = reach;
    this.timeouts = timeouts;
    this.proxy = proxy;
    raw.setSoTimeout((int) timeouts.idle().toMillis());
    this.in = new BufferedInputStream(socket.getInputStream(), 32 << 10);
    this.out = new BufferedOutputStream(socket.getOutputStream(), 32 << 10);
  }

  private static ScheduledThreadPoolExecutor watch() {
    var executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("registry-deadlines").factory());
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  /** Asks a proxy for a connection to an origin (RFC 9110, section 9.3.6). */
  static void tunnel(Socket raw, Origin origin, Proxy proxy) throws IOException {
    var name = origin.host().indexOf(':') >= 0 ? "[" + origin.host() + "]" : origin.host();
    var target = name + ":" + origin.port();
    var out = raw.getOutputStream();
    var request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
    if (proxy.authorization() != null) {
      request += "Proxy-Authorization: " + proxy.authorization() + "\r\n";
    }
    out.write(Dialer.line(request));
    // Read byte by byte: what follows the answer belongs to TLS.
    var head = AnswerHead.read(raw.getInputStream());
    if (head.status() / 100 != 2) {
      throw new DialException(
          "proxy " + proxy + " answered " + head.status() + " to CONNECT " + target, null);
    }
  }

  Origin origin() {
    return origin;
  }

  /** Returns whether a byte of the last answer came. */
  boolean answered() {
    return answered;
  }

  /**
   * Sends a request and reads the head of the answer.
   *
   * @param release takes the connection when the answer was read to its end and it can be used
   *     again
   */
  Answer exchange(Call call, Consumer<Connection> release) throws IOException {
    answered = false;
    deadline = WATCH.schedule(this::expire, timeouts.total().toMillis(), TimeUnit.MILLISECONDS);
    try {
      IOException broken = null;
      try {
        send(call);
      } catch (IOException e) {
        // A server may refuse an upload and hang up before it is sent; its answer says why.
        broken = e;
      }
      AnswerHead head;
      try {
        head = head();
      } catch (IOException e) {
        throw broken != null && !answered ? broken : e;
      }
      boolean keeps = broken == null && head.keepsConnection();
      var body =
          head.hasBody(call.method())
              ? BodyInput.of(this, in, head, keeps ? release : null)
              : BodyInput.empty(this, keeps ? release : null);
      return new Answer(head.status(), head.headers(), body, reach);
    } catch (IOException e) {
      close();
      throw translated(e);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private AnswerHead head() throws IOException {
    for (int interim = 0; interim < 10; interim++) {
      in.mark(1);
      if (in.read() >= 0) {
        in.reset();
        answered = true;
      }
      var head = AnswerHead.read(in);
      if (head.status() >= 200) {
        return head;
      }
      if (head.status() == 101) {
        break;
      }
    }
    throw new IOException(origin + " answered with no final status");
  }

  private void send(Call call) throws IOException {
    var path = call.uri().getRawPath();
    var target = path == null || path.isEmpty() ? "/" : path;
    if (call.uri().getRawQuery() != null) {
      target += "?" + call.uri().getRawQuery();
    }
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Host", origin.authority());
    headers.put("User-Agent", "sluice");
    headers.put("Accept-Encoding", "identity");
    if (proxy != null) {
      target = origin + target;
      if (proxy.authorization() != null) {
        headers.put("Proxy-Authorization", proxy.authorization());
      }
    }
    var content = call.content();
    if (content != null) {
      headers.put("Content-Length", String.valueOf(content.length()));
    }
    headers.putAll(call.headers());
    out.write(Dialer.line(call.method() + " " + target + " HTTP/1.1"));
    for (var field : headers.entrySet()) {
      out.write(Dialer.line(field.getKey() + ": " + checked(field.getKey(), field.getValue())));
    }
    out.write(Dialer.line(""));
    if (content != null) {
      try (var bytes = content.open()) {
        copy(bytes, content.length());
      }
    }
    out.flush();
  }

  private void copy(InputStream from, long length) throws IOException {
    var buffer = new byte[64 << 10];
    long left = length;
    while (left > 0) {
      int count = from.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw new IOException("what is sent ends " + left + " bytes early");
      }
      out.write(buffer, 0, count);
      left -= count;
    }
  }

  private static String checked(String name, String value) {
    if (value.chars().anyMatch(c -> c < ' ' || c == 127)) {
      throw new RegistryException(
          Reason.MISMATCH, "header " + name + " would hold a control character");
    }
    return value;
  }

  private void expire() {
    expired = true;
    closeQuietly(raw);
  }

  /** Says that time ran out where that is why the socket failed. */
  IOException translated(IOException e) {
    if (expired) {
      return new SocketTimeoutException(
          origin + " took longer than " + timeouts.total().toMillis() + " ms");
    }
    if (e instanceof SocketTimeoutException) {
      return new SocketTimeoutException(
          origin + " sent nothing for " + timeouts.idle().toMillis() + " ms");
    }
    return e;
  }

  /** Ends the watch over the current exchange. */
  void settle() {
    if (deadline != null) {
      deadline.cancel(false);
    }
  }

  void close() {
    settle();
    closeQuietly(raw);
    if (socket != raw && !expired) {
      closeQuietly(socket);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing is lost: it is given up.
    }
  }
}
