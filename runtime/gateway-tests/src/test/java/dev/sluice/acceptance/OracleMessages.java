package dev.sluice.acceptance;

import dev.sluice.acceptance.OracleScenario.Message;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Sends and receives HTTP/1.1 byte by byte, so that nothing of a client library is compared. */
final class OracleMessages {
  /** What each host adds or writes in its own way, and no plugin asked for. */
  private static final Set<String> OWN =
      Set.of(
          "connection",
          "content-length",
          "date",
          "keep-alive",
          "server",
          "transfer-encoding",
          "x-forwarded-for",
          "x-forwarded-proto",
          "x-request-id",
          "host");

  /** Long enough apart that no host sees two pieces as one. */
  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(120);

  /** Nothing but time keeps the pieces of a connection apart, and what else happens on it. */
  private static final long CONNECTION_PAUSE = TimeUnit.SECONDS.toNanos(1);

  private static final int PATIENCE_MILLIS = 10_000;

  private OracleMessages() {}

  /** Is what arrived, with what is the host's own left out and headers in the order of names. */
  record Seen(String first, List<String> headers, String body, List<String> trailers) {
    static final Seen NOTHING = new Seen("nothing", List.of(), "", List.of());
  }

  static void write(OutputStream out, String start, Message message, List<String> more)
      throws IOException {
    var head = new StringBuilder(start).append("\r\n");
    more.forEach(line -> head.append(line).append("\r\n"));
    message.headers().forEach(line -> head.append(line).append("\r\n"));
    boolean chunked = !message.body().isEmpty() || !message.trailers().isEmpty();
    if (chunked) {
      head.append("transfer-encoding: chunked\r\n");
    }
    send(out, head.append("\r\n").toString());
    if (!chunked) {
      return;
    }
    for (var piece : message.body()) {
      LockSupport.parkNanos(PAUSE);
      send(out, Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
    }
    LockSupport.parkNanos(PAUSE);
    var end = new StringBuilder("0\r\n");
    message.trailers().forEach(line -> end.append(line).append("\r\n"));
    send(out, end.append("\r\n").toString());
  }

  static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  /** Sends a request and returns the answer, or how the connection ended. */
  static Seen exchange(int port, OracleScenario scenario) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MILLIS);
      if (scenario.tcp()) {
        return talk(socket, scenario.request().body());
      }
      var sender = Thread.ofVirtual().unstarted(() -> sendQuietly(socket, scenario));
      sender.start();
      var in = new BufferedInputStream(socket.getInputStream());
      try {
        return read(in, scenario.request().first().startsWith("HEAD"));
      } catch (SocketTimeoutException e) {
        return new Seen("no answer", List.of(), "", List.of());
      } catch (EOFException | SocketException e) {
        return new Seen("connection closed", List.of(), "", List.of());
      }
    }
  }

  /** Sends pieces and the end, and returns what comes back. */
  private static Seen talk(Socket socket, List<String> pieces) throws IOException {
    try {
      sendPieces(socket, pieces);
      return all(socket);
    } catch (SocketTimeoutException e) {
      return new Seen("no answer", List.of(), "", List.of());
    } catch (SocketException e) {
      return new Seen("connection closed", List.of(), "", List.of());
    }
  }

  /** Sends pieces apart from each other, and then the end. */
  static void sendPieces(Socket socket, List<String> pieces) throws IOException {
    for (var piece : pieces) {
      send(socket.getOutputStream(), piece);
      LockSupport.parkNanos(CONNECTION_PAUSE);
    }
    socket.shutdownOutput();
  }

  /** Reads to the end. */
  static Seen all(Socket socket) throws IOException {
    var bytes = socket.getInputStream().readAllBytes();
    return new Seen(
        "connection", List.of(), new String(bytes, StandardCharsets.ISO_8859_1), List.of());
  }

  private static void sendQuietly(Socket socket, OracleScenario scenario) {
    try {
      var request = scenario.request();
      write(
          socket.getOutputStream(),
          request.first() + " HTTP/1.1",
          request,
          List.of("host: oracle.example", "x-scenario: " + scenario.name()));
    } catch (IOException e) {
      // An answer may come before the request is complete, and end the connection.
    }
  }

  static Seen read(InputStream in, boolean bodiless) throws IOException {
    var first = line(in);
    var headers = headers(in);
    boolean chunked = headers.stream().anyMatch(line -> line.equals("transfer-encoding: chunked"));
    int length =
        headers.stream()
            .filter(line -> line.startsWith("content-length: "))
            .mapToInt(line -> Integer.parseInt(line.substring(16)))
            .findFirst()
            .orElse(0);
    var body = new ByteArrayOutputStream();
    var trailers = new ArrayList<String>();
    if (!bodiless && chunked) {
      try {
        int size = Integer.parseInt(line(in), 16);
        while (size > 0) {
          body.writeBytes(in.readNBytes(size));
          line(in);
          size = Integer.parseInt(line(in), 16);
        }
        trailers.addAll(headers(in));
      } catch (EOFException | SocketException e) {
        return new Seen(bare(first), own(headers), text(body) + "<cut>", List.of());
      }
    } else if (!bodiless) {
      body.writeBytes(in.readNBytes(length));
    }
    return new Seen(bare(first), own(headers), text(body), own(trailers));
  }

  /** Leaves out what a status line says for people. */
  private static String bare(String first) {
    return first.startsWith("HTTP/1.1 ") ? first.substring(0, 12) : first;
  }

  private static String text(ByteArrayOutputStream body) {
    return body.toString(StandardCharsets.ISO_8859_1);
  }

  private static List<String> own(List<String> headers) {
    var kept = new ArrayList<String>();
    for (var header : headers) {
      var name = header.substring(0, header.indexOf(':'));
      if (!OWN.contains(name) && !name.startsWith("x-envoy")) {
        kept.add(header);
      }
    }
    // A stable sort: values of one name keep their order.
    kept.sort((a, b) -> a.split(":", 2)[0].compareTo(b.split(":", 2)[0]));
    return kept;
  }

  private static List<String> headers(InputStream in) throws IOException {
    var headers = new ArrayList<String>();
    var line = line(in);
    while (!line.isEmpty()) {
      int colon = line.indexOf(':');
      headers.add(
          line.substring(0, colon).toLowerCase(Locale.ROOT)
              + ": "
              + line.substring(colon + 1).strip());
      line = line(in);
    }
    return headers;
  }

  private static String line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    int next = in.read();
    while (next != '\n') {
      if (next < 0) {
        throw new EOFException();
      }
      if (next != '\r') {
        line.write(next);
      }
      next = in.read();
    }
    return line.toString(StandardCharsets.ISO_8859_1);
  }
}
