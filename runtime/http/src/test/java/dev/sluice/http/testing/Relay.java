package dev.sluice.http.testing;

import dev.sluice.http.HttpClient;
import dev.sluice.http.HttpClient.OpenCallback;
import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.PoolConfig;
import dev.sluice.http.ServerHandler;
import dev.sluice.http.StreamError;
import dev.sluice.http.Transport;
import dev.sluice.plugin.Headers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Is the smallest reverse proxy that this module allows: what comes in on one leg leaves on the
 * other.
 */
public final class Relay implements ServerHandler {
  private final InetSocketAddress endpoint;
  private final HttpClient[] clients;

  /** Creates a relay to an endpoint. */
  public Relay(Transport transport, PoolConfig config, InetSocketAddress endpoint) {
    this.endpoint = endpoint;
    this.clients = new HttpClient[transport.loops().size()];
    for (int i = 0; i < clients.length; i++) {
      clients[i] = transport.client(config, i);
    }
    this.transport = transport;
  }

  private final Transport transport;

  @Override
  public HttpStreamHandler begin(HttpStream response) {
    return new Legs(response, clients[transport.currentLoop()]);
  }

  /** Is an exchange: this is the client's leg, and receives the request. */
  private final class Legs implements HttpStreamHandler, OpenCallback {
    private final HttpStream response;
    private final HttpClient client;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private final Answer answer = new Answer();
    private @Nullable HttpStream request;
    private boolean answered;
    private boolean clientClosed;

    Legs(HttpStream response, HttpClient client) {
      this.response = response;
      this.client = client;
    }

    @Override
    public void onHeaders(Headers headers, boolean end) {
      waiting.add(() -> upstream().sendHeaders(headers, end));
      client.open(endpoint, answer, this);
    }

    private HttpStream upstream() {
      var known = request;
      if (known == null) {
        throw new IllegalStateException("not open yet");
      }
      return known;
    }

    @Override
    public void opened(HttpStream stream) {
      request = stream;
      if (clientClosed) {
        stream.reset(StreamError.CANCEL);
      }
      for (var task = waiting.poll(); task != null; task = waiting.poll()) {
        task.run();
      }
    }

    @Override
    public void failed(StreamError error, String detail) {
      if (!answered) {
        var body = detail.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        response.sendHeaders(Headers.of(":status", "502"), false);
        response.sendData(Unpooled.wrappedBuffer(body), true);
        response.reset(StreamError.NO_ERROR);
      }
    }

    @Override
    public void onData(ByteBuf data, boolean end) {
      if (request == null) {
        waiting.add(() -> upstream().sendData(data, end));
      } else {
        request.sendData(data, end);
      }
    }

    @Override
    public void onTrailers(Headers trailers) {
      if (request == null) {
        waiting.add(() -> upstream().sendTrailers(trailers));
      } else {
        request.sendTrailers(trailers);
      }
    }

    @Override
    public void onSent(int bytes) {
      upstream().consumed(bytes);
    }

    @Override
    public void onReset(StreamError error, String detail) {
      clientClosed = true;
      if (request != null) {
        request.reset(StreamError.CANCEL);
      }
    }

    /** Is the upstream's leg, and receives the response. */
    private final class Answer implements HttpStreamHandler {
      @Override
      public void onInformational(Headers headers) {
        response.sendInformational(headers);
      }

      @Override
      public void onHeaders(Headers headers, boolean end) {
        answered = true;
        response.sendHeaders(headers, end);
      }

      @Override
      public void onData(ByteBuf data, boolean end) {
        response.sendData(data, end);
      }

      @Override
      public void onTrailers(Headers trailers) {
        response.sendTrailers(trailers);
      }

      @Override
      public void onSent(int bytes) {
        response.consumed(bytes);
      }

      @Override
      public void onReset(StreamError error, String detail) {
        if (error == StreamError.NO_ERROR) {
          response.reset(StreamError.NO_ERROR);
        } else if (answered) {
          response.reset(error);
        } else {
          failed(error, error + " " + detail);
        }
      }
    }
  }
}
