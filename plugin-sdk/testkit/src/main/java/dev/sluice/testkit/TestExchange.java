package dev.sluice.testkit;

import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import dev.sluice.testkit.internal.Answers;
import dev.sluice.testkit.internal.MemoryStream;
import dev.sluice.testkit.internal.TestLoop;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Is one request with its response, between a client and an upstream that the test plays. Every
 * method that sends something returns when the plugin has come to rest: it has passed the thing on,
 * holds it back, or waits for a callout or for time to pass.
 */
public final class TestExchange {
  private final PluginTestkit kit;
  private final TestLoop loop;
  private final MemoryStream client;
  private final HttpStreamHandler exchange;
  private volatile @Nullable MemoryStream upstream;
  private volatile @Nullable Outcome outcome;

  TestExchange(PluginTestkit kit, TestLoop loop, MemoryStream client, HttpStreamHandler exchange) {
    this.kit = kit;
    this.loop = loop;
    this.client = client;
    this.exchange = exchange;
  }

  HttpStreamHandler handler() {
    return exchange;
  }

  /** Returns whether a request at the upstream may be this one's. */
  boolean awaitsUpstream() {
    return upstream == null && !client.isClosed();
  }

  void upstream(MemoryStream stream) {
    upstream = stream;
  }

  void outcome(Outcome how) {
    outcome = how;
  }

  // The client's request

  /** Sends a GET. */
  public TestExchange get(String path, String... fields) {
    return request("GET", path, "", fields);
  }

  /**
   * Sends a whole request.
   *
   * @param body empty for none
   * @param fields names and values in turn; pseudo-headers replace the usual ones
   */
  public TestExchange request(String method, String path, String body, String... fields) {
    requestHeaders(body.isEmpty(), method, path, fields);
    return body.isEmpty() ? this : requestBody(body, true);
  }

  /**
   * Sends request headers.
   *
   * @param end whether neither body nor trailers follow
   */
  public TestExchange requestHeaders(boolean end, String method, String path, String... fields) {
    return requestHeaders(Answers.request(method, path, fields), end);
  }

  /** Sends request headers, pseudo-headers first. */
  public TestExchange requestHeaders(Headers headers, boolean end) {
    return act(() -> client.receiveHeaders(headers, end));
  }

  /** Sends a piece of the request body. */
  public TestExchange requestBody(String text, boolean end) {
    return requestBody(text.getBytes(StandardCharsets.UTF_8), end);
  }

  /** Sends a piece of the request body. */
  public TestExchange requestBody(byte[] bytes, boolean end) {
    return act(() -> client.receiveData(bytes, end));
  }

  /** Sends request trailers, which end the request. */
  public TestExchange requestTrailers(String... fields) {
    return requestTrailers(Answers.with(new Headers(), fields));
  }

  /** Sends request trailers, which end the request. */
  public TestExchange requestTrailers(Headers trailers) {
    return act(() -> client.receiveTrailers(trailers));
  }

  /** Has the client leave. */
  public TestExchange clientLeaves() {
    return act(() -> client.receiveReset(StreamError.CANCEL, "the client left"));
  }

  // The upstream's response

  /** Sends a whole response. */
  public TestExchange respond(int status, String body, String... fields) {
    responseHeaders(body.isEmpty(), status, fields);
    return body.isEmpty() ? this : responseBody(body, true);
  }

  /**
   * Sends response headers.
   *
   * @param end whether neither body nor trailers follow
   */
  public TestExchange responseHeaders(boolean end, int status, String... fields) {
    return responseHeaders(Answers.headers(status, fields), end);
  }

  /** Sends response headers, {@code :status} first. */
  public TestExchange responseHeaders(Headers headers, boolean end) {
    var to = atUpstream();
    return act(() -> to.receiveHeaders(headers, end));
  }

  /** Sends a piece of the response body. */
  public TestExchange responseBody(String text, boolean end) {
    return responseBody(text.getBytes(StandardCharsets.UTF_8), end);
  }

  /** Sends a piece of the response body. */
  public TestExchange responseBody(byte[] bytes, boolean end) {
    var to = atUpstream();
    return act(() -> to.receiveData(bytes, end));
  }

  /** Sends response trailers, which end the response. */
  public TestExchange responseTrailers(String... fields) {
    return responseTrailers(Answers.with(new Headers(), fields));
  }

  /** Sends response trailers, which end the response. */
  public TestExchange responseTrailers(Headers trailers) {
    var to = atUpstream();
    return act(() -> to.receiveTrailers(trailers));
  }

  /** Has the upstream break off. */
  public TestExchange upstreamBreaks() {
    var to = atUpstream();
    return act(() -> to.receiveReset(StreamError.CONNECTION_LOST, "the upstream broke off"));
  }

  private MemoryStream atUpstream() {
    var known = upstream;
    if (known == null) {
      throw new IllegalStateException(
          "the request has not reached the upstream: the plugin answered it or holds it back");
    }
    return known;
  }

  private TestExchange act(Runnable what) {
    loop.call(
        () -> {
          what.run();
          return true;
        });
    kit.settle();
    return this;
  }

  // What came out

  /** Returns what of the request has reached the upstream. */
  public TestMessage request() {
    var known = upstream;
    return known == null ? TestMessage.NOTHING : loop.call(known::sent);
  }

  /** Returns what of the response has reached the client. */
  public TestMessage response() {
    return loop.call(client::sent);
  }

  /** Returns the octets of the request that the gateway holds and the client waits with. */
  public long requestBytesHeld() {
    return loop.call(client::unread);
  }

  /** Returns the octets of the response that the gateway holds and the upstream waits with. */
  public long responseBytesHeld() {
    var known = upstream;
    return known == null ? 0 : loop.call(known::unread);
  }

  /**
   * Returns how it ended.
   *
   * @throws IllegalStateException while it goes on
   */
  public Outcome ended() {
    var how = outcome;
    if (how == null) {
      throw new IllegalStateException("the exchange goes on (expected: it has ended)");
    }
    return how;
  }

  /** Returns how it ended, or null while it goes on. */
  public @Nullable Outcome outcome() {
    return outcome;
  }
}
