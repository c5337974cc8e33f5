package dev.sluice.control.internal;

import dev.sluice.control.ConfigReader;
import dev.sluice.http.ConnectionLimits;
import dev.sluice.http.HttpServer;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.ListenerConfig;
import dev.sluice.http.StreamError;
import dev.sluice.http.Timeouts;
import dev.sluice.http.Transport;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the admin API on a loop of its own, so that it answers when the others are stuck. Requests
 * are collected up to a bound and handled on virtual threads.
 */
final class AdminServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
  private static final int MAX_BODY = ConfigReader.MAX_BYTES;

  private final Transport transport = Transport.create(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private final Supplier<String> token;
  private final boolean loopback;
  private final Function<AdminRequest, AdminResponse> api;

  /**
   * @param token what callers have to know now; empty for nothing
   */
  AdminServer(
      InetSocketAddress address,
      Supplier<String> token,
      Function<AdminRequest, AdminResponse> api) {
    this.token = token;
    this.loopback = address.getAddress().isLoopbackAddress();
    this.api = api;
    var config =
        new ListenerConfig(
            "admin", List.of(address), null, Timeouts.DEFAULT, ConnectionLimits.DEFAULT);
    try {
      this.server = transport.bind(config, Call::new);
    } catch (Transport.BindException e) {
      close();
      throw e;
    }
  }

  InetSocketAddress address() {
    return server.addresses().getFirst();
  }

  @Override
  public void close() {
    threads.shutdown();
    transport.close();
  }

  private AdminResponse answer(AdminRequest request) {
    try {
      return api.apply(request);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      LOG.error("{} {}", request.method(), request.path(), e);
      return AdminResponse.problem(500, "internal", "see the gateway's log");
    }
  }

  /** Keeps web pages and strangers out: by Host, by Origin, by token. */
  private @Nullable AdminResponse refuse(Headers headers) {
    var host = headers.get(":authority", "").replaceFirst(":\\d+$", "");
    if (loopback && !isLoopbackName(host)) {
      return AdminResponse.problem(
          403, "forbidden", "host \"" + host + "\" (expected: localhost or a loopback address)");
    }
    var origin = headers.get("origin");
    if (origin != null && !isLoopbackName(originHost(origin))) {
      return AdminResponse.problem(403, "forbidden", "origin \"" + origin + "\"");
    }
    var secret = token.get();
    if (!secret.isEmpty() && !isBearer(headers.get("authorization", ""), secret)) {
      return AdminResponse.problem(401, "unauthenticated", "expected: Authorization: Bearer TOKEN")
          .with("www-authenticate", "Bearer");
    }
    return null;
  }

  /** Compares in a time that does not tell how much was right; header values are octets. */
  private static boolean isBearer(String authorization, String secret) {
    var scheme = "Bearer ";
    return authorization.regionMatches(true, 0, scheme, 0, scheme.length())
        && MessageDigest.isEqual(
            authorization.substring(scheme.length()).getBytes(StandardCharsets.ISO_8859_1),
            secret.getBytes(StandardCharsets.UTF_8));
  }

  private static String originHost(String origin) {
    try {
      var host = URI.create(origin).getHost();
      return host == null ? origin : host;
    } catch (IllegalArgumentException e) {
      return origin;
    }
  }

  private static boolean isLoopbackName(String host) {
    return host.equalsIgnoreCase("localhost")
        || host.equals("[::1]")
        || host.matches("127(\\.\\d{1,3}){3}");
  }

  /** Collects one request and answers it. Belongs to the admin loop. */
  private final class Call implements HttpStreamHandler {
    private final HttpStream response;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private Headers headers = new Headers();
    private boolean answered;

    Call(HttpStream response) {
      this.response = response;
    }

    @Override
    public void onHeaders(Headers request, boolean end) {
      headers = request;
      // Before the body, so that a stranger cannot make the gateway hold any.
      var refused = refuse(request);
      if (refused != null) {
        send(refused);
      } else if (end) {
        dispatch();
      }
    }

    @Override
    public void onData(ByteBuf data, boolean end) {
      int length = data.readableBytes();
      try {
        if (answered) {
          return;
        }
        if (body.size() + length > MAX_BODY) {
          send(
              AdminResponse.problem(
                  413, "body_too_large", "expected: at most " + MAX_BODY + " bytes"));
          return;
        }
        var bytes = new byte[length];
        data.readBytes(bytes);
        body.writeBytes(bytes);
      } finally {
        data.release();
        response.consumed(length);
      }
      if (end) {
        dispatch();
      }
    }

    @Override
    public void onTrailers(Headers trailers) {
      dispatch();
    }

    @Override
    public void onReset(StreamError error, String detail) {
      answered = true;
    }

    private void dispatch() {
      if (answered) {
        return;
      }
      var request = new AdminRequest(headers, body.toByteArray());
      try {
        threads.execute(
            () -> {
              var answer = answer(request);
              response.loop().execute(() -> send(answer));
            });
      } catch (RejectedExecutionException e) {
        send(AdminResponse.problem(503, "draining", "the gateway is stopping"));
      }
    }

    private void send(AdminResponse answer) {
      if (answered) {
        return;
      }
      answered = true;
      var message = Headers.of(":status", String.valueOf(answer.status()));
      var extra = answer.headers();
      for (int i = 0; i < extra.size(); i++) {
        message.add(extra.name(i), extra.value(i));
      }
      if (answer.status() != 204) {
        message.add("content-length", String.valueOf(answer.body().length));
      }
      boolean head = "HEAD".equals(headers.method());
      boolean empty = head || answer.body().length == 0;
      response.sendHeaders(message, empty);
      if (!empty) {
        response.sendData(Unpooled.wrappedBuffer(answer.body()), true);
      }
    }
  }
}
