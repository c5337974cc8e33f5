package dev.sluice.proxy.internal.exchange;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.Protocol;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.LocalResponse;
import dev.sluice.plugin.PluginException;
import dev.sluice.plugin.Properties;
import dev.sluice.proxy.AiFacts;
import dev.sluice.proxy.DialogueRoute;
import dev.sluice.proxy.ErrorRenderer;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.Stage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * Is one request with its response: receives the request, sends it through the filter chain to the
 * attempts, and the response back (design.md section 4). Belongs to the loop of the client's
 * connection, on which the upstream's connection lives too.
 *
 * <p>Without plugins an exchange is this object, its two ends, two flows and an attempt. Guarded by
 * the benchmark {@code ExchangeBench}.
 */
public final class Exchange extends ExchangeFacts implements HttpStreamHandler {
  private final long id;
  private final Flow requestFlow = new Flow();
  private final Flow responseFlow = new Flow();
  private final ClientSink clientSink = new ClientSink(this);
  private final Attempts plain = new Attempts(this);
  private UpstreamSide attempts = plain;
  private @Nullable DialogueSide dialogue;
  private FilterChain chain = FilterChain.EMPTY;
  private Stage requestEntry = plain;
  private Stage responseEntry = clientSink;
  private @Nullable Attributes attributes;
  private @Nullable IdentityCheck waiting;

  private boolean requestDone;
  private boolean requestCut;
  private boolean resetAsked;
  private @Nullable LocalResponse asked;
  private String askedBy = "";

  /** Written on the loop, read by any thread that asks whether the stream has ended. */
  private volatile boolean over;

  @Nullable Exchange before;
  @Nullable Exchange after;

  /** Begins an exchange. */
  public Exchange(LoopState state, LiveSnapshot snapshot, HttpStream client) {
    super(state, snapshot, client);
    requestFlow.source(client);
    id = state.add(this);
    snapshot.begin(state.number());
  }

  @Override
  public long id() {
    return id;
  }

  LoopState state() {
    return state;
  }

  EventLoop eventLoop() {
    return state.eventLoop();
  }

  boolean inLoop() {
    return state.eventLoop().inEventLoop();
  }

  /**
   * Runs a task in a later turn, when no callback is on the stack; drops it when the exchange has
   * ended. Any thread may call it.
   */
  void later(Runnable task) {
    eventLoop()
        .execute(
            () -> {
              if (over) {
                state.dropped();
              } else {
                task.run();
              }
            });
  }

  Flow flow(Direction direction) {
    return direction == Direction.REQUEST ? requestFlow : responseFlow;
  }

  boolean isOver() {
    return over;
  }

  /** Returns whether a plugin's configuration is in its chain. */
  public boolean uses(FilterSource source) {
    return chain.uses(source);
  }

  Properties attributes(FilterContext slot) {
    var shared = attributes;
    if (shared == null) {
      shared = new Attributes(this);
      attributes = shared;
    }
    return shared.of(slot);
  }

  boolean isRequestDone() {
    return requestDone;
  }

  // The request

  @Override
  public void onHeaders(Headers headers, boolean end) {
    requestDone = end;
    began(headers);
    var tracer = state.environment.tracer;
    if (tracer != null) {
      trace = tracer.begin(headers);
    }
    if (state.environment.isDraining()) {
      fail(GatewayError.DRAINING);
      return;
    }
    var found = snapshot.table().find(headers);
    if (found == null) {
      fail(GatewayError.NO_ROUTE);
      return;
    }
    take(found);
    var authentication = found.authentication;
    if (authentication == null) {
      enter(found, headers, end);
    } else {
      IdentityCheck.begin(this, authentication, found, headers, end);
    }
  }

  /** Returns where the request enters its chain. */
  Stage entry() {
    return requestEntry;
  }

  /** Keeps what comes of the request until the caller is identified. */
  void await(IdentityCheck check) {
    waiting = check;
    requestEntry = check;
  }

  /** Sends the request into the chain of its route. */
  void enter(LiveRoute to, Headers headers, boolean end) {
    requestEntry = plain;
    Stage last = to.dialogue == null ? plain : beginDialogue(to, to.dialogue);
    if (requestCut) {
      return; // the dialogue has answered already
    }
    if (to.chain.length > 0) {
      chain = new FilterChain(this, to.chain, last, clientSink, dialogue);
    }
    requestEntry = chain.requestEntry(last);
    responseEntry = chain.responseEntry(clientSink);
    if (dialogue != null) {
      chain.weave(dialogue, responseEntry);
    }
    ForwardedHeaders.add(this, headers);
    requestEntry.headers(headers, end);
    chain.prepareForEnd();
  }

  /** Returns the end of the request's way. */
  private Stage beginDialogue(LiveRoute to, DialogueRoute how) {
    var side = DialogueSide.begin(this, to, how);
    if (side == null || over) {
      return plain;
    }
    dialogue = side;
    attempts = side.calls();
    clientSink.keepHeaders();
    return side.end();
  }

  @Nullable DialogueSide dialogue() {
    return dialogue;
  }

  @Override
  public @Nullable AiFacts ai() {
    return dialogue == null ? null : dialogue.talk().facts();
  }

  boolean responseBegun() {
    return clientSink.headersSent();
  }

  void flushHeaders() {
    clientSink.flush();
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    int size = data.readableBytes();
    requestDone |= end;
    requestBytes += size;
    requestFlow.arrived(size);
    if (requestCut || over) {
      data.release();
    } else {
      requestEntry.data(data, end);
    }
    requestFlow.settle();
  }

  @Override
  public void onTrailers(Headers trailers) {
    requestDone = true;
    if (!requestCut && !over) {
      requestTrailers = trailers;
      requestEntry.trailers(trailers);
      requestFlow.settle();
    }
  }

  @Override
  public void onSent(int bytes) {
    responseFlow.left(bytes);
    responseFlow.settle();
  }

  @Override
  public void onReset(StreamError streamError, String detail) {
    if (!over && error == null && !clientSink.ended()) {
      error = GatewayError.CLIENT_GONE.withDetail(streamError + ", " + detail);
      code = error.code();
    }
    cutRequest(StreamError.CANCEL);
    finish();
  }

  @Override
  public void onClosed() {
    cutRequest(StreamError.CANCEL);
    finish();
  }

  /** Lets nothing more of the request through, and ends the attempt under way. */
  private void cutRequest(StreamError reason) {
    requestCut = true;
    if (waiting != null) {
      waiting.drop();
    }
    chain.cutRequest();
    attempts.leave(reason);
    if (dialogue != null) {
      dialogue.cut();
    }
    requestFlow.finish();
  }

  private void finish() {
    if (over) {
      return;
    }
    ended();
    if (dialogue != null) {
      dialogue.over();
    }
    chain.log();
    over = true;
    state.environment.ended(this);
    chain.end(this);
    responseFlow.finish();
    state.remove(this);
    if (route != null) {
      route.end(state.number());
    }
    snapshot.end(state.number());
  }

  // What attempts ask for

  @Nullable LiveRoute routeForAttempts() {
    return route;
  }

  void informational(Headers headers) {
    if (!over && !clientSink.headersSent()) {
      client.sendInformational(headers);
    }
  }

  void upstreamHeaders(Headers headers, boolean end) {
    responseHeaders = headers;
    responseEntry.headers(headers, end);
  }

  void upstreamData(ByteBuf data, boolean end) {
    responseFlow.arrived(data.readableBytes());
    responseEntry.data(data, end);
    responseFlow.settle();
  }

  void upstreamTrailers(Headers trailers) {
    responseTrailers = trailers;
    responseEntry.trailers(trailers);
    responseFlow.settle();
  }

  /** The upstream failed for good. */
  void upstreamFailed(GatewayError failure) {
    fail(failure);
  }

  /** The response is complete: what is still to come of the request is of no use to anyone. */
  void responseSent() {
    if (!requestDone || requestFlow.inFlight() > 0) {
      cutRequest(StreamError.NO_ERROR);
    }
    if (!requestDone && client.connection().protocol() == Protocol.HTTP_2) {
      client.reset(
          StreamError.NO_ERROR); // RFC 9113 section 8.1; HTTP/1 waits a little, then closes
    }
  }

  // What filters ask for

  void askLocalResponse(LocalResponse response, String by) {
    if (asked == null) {
      asked = response;
      askedBy = by;
    }
  }

  void askReset(String by) {
    resetAsked = true;
    askedBy = by;
  }

  /** Forgets what a filter asked for in the callback in which it then failed. */
  void dropAsked() {
    asked = null;
    resetAsked = false;
  }

  /** Does what was asked for in a callback; true when the exchange goes another way now. */
  boolean afterCallback() {
    if (over) {
      return true;
    }
    if (resetAsked) {
      resetAsked = false;
      plugin = askedBy;
      code = "reset_by_plugin";
      reset(StreamError.CANCEL);
      return true;
    }
    var response = asked;
    if (response == null) {
      return false;
    }
    asked = null;
    plugin = askedBy;
    code = response.code();
    answer(LocalAnswers.of(response, requestHeaders));
    return true;
  }

  void askForBody() {
    var headers = requestHeaders;
    if (headers != null && "100-continue".equalsIgnoreCase(headers.get("expect"))) {
      headers.remove("expect");
      client.sendInformational(Headers.of(":status", "100"));
    }
  }

  void clearRouteCache() {
    var headers = requestHeaders;
    if (headers == null || attempts() > 0) {
      return;
    }
    var found = snapshot.table().find(headers);
    if (found != route) {
      take(found);
    }
  }

  void bodyOverflow(Direction direction) {
    fail(
        direction == Direction.REQUEST
            ? GatewayError.BODY_TOO_LARGE
            : GatewayError.RESPONSE_TOO_LARGE);
  }

  void pluginFailed(String name, PluginException cause) {
    plugin = name;
    fail(GatewayError.pluginFailed(name, cause.kind() + ": " + cause.getMessage()));
  }

  // Answers made here

  /** Answers with an error, or resets the stream when response headers are out. */
  void fail(GatewayError failure) {
    if (noted(failure)) {
      answer(LocalAnswers.of(failure, this));
    }
  }

  /** Answers with an error and further headers, or resets the stream. */
  void refuse(GatewayError failure, Headers further) {
    if (noted(failure)) {
      var answer = LocalAnswers.of(failure, this);
      for (int i = 0; i < further.size(); i++) {
        answer.headers().add(further.name(i), further.value(i));
      }
      answer(answer);
    }
  }

  /** Answers with an error in words of its own, or resets the stream. */
  void fail(GatewayError failure, ErrorRenderer.Answer words) {
    if (noted(failure)) {
      answer(words);
    }
  }

  private boolean noted(GatewayError failure) {
    if (!over && error == null) {
      error = failure;
      code = failure.code();
    }
    return !over;
  }

  /** Answers in place of an upstream, or ends the response that has begun. */
  void answer(ErrorRenderer.Answer answer) {
    if (clientSink.headersSent()) {
      breakOff();
      return;
    }
    cutRequest(StreamError.CANCEL);
    LocalAnswers.complete(answer, requestHeaders, requestId());
    var headers = answer.headers();
    var body = answer.body();
    var entry = chain.localEntry(clientSink, dialogue);
    responseFlow.finish();
    clientSink.beginLocal();
    responseHeaders = headers;
    responseTrailers = null;
    boolean bare = body.length == 0 || isHead();
    entry.headers(headers, bare);
    if (!bare) {
      entry.data(Unpooled.wrappedBuffer(body), true);
    }
  }

  /** Ends a response that has begun: with an error where the protocol has words for it. */
  private void breakOff() {
    var failure = error == null ? GatewayError.PLUGIN_FAILED.withDetail(code) : error;
    var words = dialogue == null || clientSink.ended() ? null : dialogue.talk().lastWords(failure);
    if (words == null) {
      reset(StreamError.INTERNAL_ERROR);
      return;
    }
    cutRequest(StreamError.CANCEL);
    chain.cutResponse();
    responseFlow.finish();
    clientSink.data(Unpooled.wrappedBuffer(words), true);
  }

  private void reset(StreamError reason) {
    cutRequest(StreamError.CANCEL);
    chain.cutResponse();
    client.reset(reason);
    finish();
  }

  /** Ends it with a reset, because what it runs on must go. */
  public void abort(String why) {
    if (!over) {
      error = GatewayError.PLUGIN_FAILED.withDetail(why);
      code = "generation_reset";
      reset(StreamError.CANCEL);
    }
  }
}
