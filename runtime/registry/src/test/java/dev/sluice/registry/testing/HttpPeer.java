package dev.sluice.registry.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers HTTP requests with whatever bytes a test wants; each connection carries one request. */
public final class HttpPeer implements AutoCloseable {
  /** Is a request as it came. */
  public record Asked(String method, String target, Map<String, String> headers, byte[] content) {
    public String header(String name) {
      return headers.getOrDefault(name, "");
    }

    public String body() {
      return new String(content, StandardCharsets.UTF_8);
    }
  }

  /** Writes the answer to a request; the connection is closed behind it. */
  @FunctionalInterface
  public interface Script {
    void answer(Asked asked, OutputStream out) throws IOException;
  }

  private final ServerSocket server;
  private final Script script;
  private final List<Asked> asked = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private HttpPeer(ServerSocket server, Script script) {
    this.server = server;
    this.script = script;
  }

  public static HttpPeer start(Script script) {
    try {
      var peer = new HttpPeer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), script);
      Thread.ofVirtual().start(peer::accept);
      return peer;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Returns {@code 127.0.0.1:port}. */
  public String host() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  /** Returns the requests so far. */
  public List<Asked> asked() {
    return asked;
  }

  public static void reply(OutputStream out, int status, Map<String, String> headers, String body)
      throws IOException {
    reply(out, status, headers, body.getBytes(StandardCharsets.UTF_8));
  }

  public static void reply(OutputStream out, int status, Map<String, String> headers, byte[] body)
      throws IOException {
    head(out, status, headers, body.length);
    out.write(body);
  }

  public static void head(OutputStream out, int status, Map<String, String> headers, long length)
      throws IOException {
    var text = new StringBuilder("HTTP/1.1 " + status + " x\r\nConnection: close\r\n");
    headers.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    text.append("Content-Length: ").append(length).append("\r\n\r\n");
    out.write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  private void accept() {
    try {
      while (true) {
        var socket = server.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      var in = new BufferedInputStream(socket.getInputStream());
      var first = line(in).split(" ", 3);
      if (first.length < 2) {
        return;
      }
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      for (var line = line(in); !line.isEmpty(); line = line(in)) {
        int colon = line.indexOf(':');
        headers.put(line.substring(0, colon), line.substring(colon + 1).strip());
      }
      var content = in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
      var request = new Asked(first[0], first[1], headers, content);
      asked.add(request);
      var out = socket.getOutputStream();
      script.answer(request, out);
      out.flush();
    } catch (IOException e) {
      // The client left, which some tests want.
    } finally {
      open.remove(socket);
    }
  }

  private static String line(InputStream in) throws IOException {
    var text = new StringBuilder();
    for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
      text.append((char) next);
    }
    return text.toString().strip();
  }

  @Override
  public void close() {
    try {
      server.close();
      for (var socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
