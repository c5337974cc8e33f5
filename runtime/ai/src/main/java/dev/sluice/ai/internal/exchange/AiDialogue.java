package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiEndpoint;
import dev.sluice.ai.AiError;
import dev.sluice.ai.AiFormatException;
import dev.sluice.ai.AiProtocol;
import dev.sluice.ai.AiReply;
import dev.sluice.ai.AiRoute;
import dev.sluice.ai.Concern;
import dev.sluice.ai.ModelRouter;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiExchange;
import dev.sluice.proxy.AiFacts;
import dev.sluice.proxy.Dialogue;
import dev.sluice.proxy.DialogueContext;
import dev.sluice.proxy.GatewayError;
import dev.sluice.proxy.Identity;
import dev.sluice.proxy.Participant;
import dev.sluice.proxy.Stage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Is the LLM call of one exchange on its way through the gateway. Belongs to the loop. */
public final class AiDialogue implements Dialogue, ModelRouter.Facts {
  private final DialogueContext context;
  private final AiRoute route;
  private final CallFacts facts = new CallFacts(this);
  private final CallAttempts attempts = new CallAttempts(this);
  private final Map<Participant, FilterView> views = new HashMap<>(4);
  private @Nullable ReplyPipe replies;
  private AiEndpoint endpoint;
  private String endpointPath;
  private @Nullable AiCall call;

  /** The body that was handed on last: who gets exactly this one need not read it again. */
  private @Nullable ByteBuf produced;

  private @Nullable AiError refused;

  /** Bytes of the memory that all exchanges share. */
  private long held;

  private boolean cut;
  private boolean over;

  private AiDialogue(
      DialogueContext context, AiRoute route, AiEndpoint endpoint, String endpointPath) {
    this.context = context;
    this.route = route;
    this.endpoint = endpoint;
    this.endpointPath = endpointPath;
  }

  /** Begins a dialogue; null when the route lets an endpoint pass that is not known. */
  public static @Nullable AiDialogue begin(DialogueContext context, AiRoute route) {
    var headers = context.exchange().requestHeaders();
    if (headers == null) {
      return null;
    }
    var path = headers.get(":path", "");
    var found = AiEndpoint.of(headers.get(":method", ""), path, headers);
    if (found.isPresent()) {
      headers.remove("content-length"); // plugins may change the body; set when it is sent
      return new AiDialogue(context, route, found.get(), path);
    }
    boolean passes = route.allowed().contains(Concern.Kind.UNKNOWN_ENDPOINT);
    if (!passes || context.route().targets().isEmpty()) {
      context.fail(unknown(headers));
    }
    return null;
  }

  private static GatewayError unknown(Headers headers) {
    var path = headers.get(":path", "");
    int query = path.indexOf('?');
    return AiErrors.of(
        new AiError(
            404,
            "unknown_endpoint",
            "endpoint: "
                + headers.get(":method", "")
                + " "
                + (query < 0 ? path : path.substring(0, query))
                + " (expected: one of the LLM formats that this route speaks)"),
        GatewayError.Party.CLIENT,
        "");
  }

  DialogueContext context() {
    return context;
  }

  AiRoute settings() {
    return route;
  }

  CallFacts callFacts() {
    return facts;
  }

  @Nullable AiCall call() {
    return call;
  }

  /** Returns whether nothing more of the request or the upstream's response is wanted. */
  boolean isCut() {
    return cut;
  }

  boolean isOver() {
    return over;
  }

  AiProtocol protocol() {
    return endpoint.protocol();
  }

  ReplyPipe replies() {
    var pipe = replies;
    if (pipe == null) {
      throw new IllegalStateException("the chain is not built");
    }
    return pipe;
  }

  /** Returns the endpoint as the headers name it now; null when they name none that is known. */
  @Nullable AiEndpoint endpoint(Headers headers) {
    var path = headers.get(":path", "");
    if (!path.equals(endpointPath)) {
      var found = AiEndpoint.of(headers.get(":method", ""), path, headers);
      if (found.isEmpty()) {
        fail(unknown(headers));
        return null;
      }
      endpoint = found.get();
      endpointPath = path;
    }
    return endpoint;
  }

  /** Takes the call as it was read; false when the route does not let it pass. */
  boolean read(AiCall fresh) {
    for (var concern : fresh.concerns()) {
      if (!route.allowed().contains(concern.kind())) {
        refuse(
            new AiError(
                400,
                "not_inspectable",
                concern.place()
                    + ": "
                    + concern.detail()
                    + "; what plugins cannot see is refused here ("
                    + concern.kind().name().toLowerCase(java.util.Locale.ROOT)
                    + ")"));
        return false;
      }
    }
    var identity = context.exchange().identity();
    fresh.identify(identity == null ? null : identity.name());
    if (call == null) {
      facts.asked(fresh);
    }
    call = fresh;
    return true;
  }

  /**
   * Takes room for bytes, until they are {@linkplain #release released} or the exchange ends.
   * Refuses the call and returns false when there is none.
   */
  boolean hold(int bytes) {
    if (over) {
      return false;
    }
    if (!route.memory().take(bytes)) {
      var error =
          new AiError(
              503, "overloaded", "The gateway holds as much of LLM calls as it may (aiMemory).");
      facts.failed();
      fail(AiErrors.of(error, GatewayError.Party.GATEWAY, "aiMemory"), error);
      return false;
    }
    held += bytes;
    return true;
  }

  /** Gives room back before the exchange ends: what was held has been handed on. */
  void release(int bytes) {
    if (!over) {
      route.memory().give(bytes);
      held -= bytes;
    }
  }

  /** Returns whether a body is the one that the call was handed on as. */
  @SuppressWarnings("ReferenceEquality") // only the same buffer is known to be unchanged
  boolean isUnchanged(ByteBuf body, AiEndpoint at) {
    var known = call;
    return known != null && body == produced && known.endpoint().equals(at);
  }

  /** Returns the body of the call, to be handed on. */
  ByteBuf produce(AiCall from) {
    var bytes = Unpooled.wrappedBuffer(from.body());
    produced = bytes;
    return bytes;
  }

  void malformed(AiFormatException problem) {
    refuse(AiErrors.of(problem));
  }

  /** Answers the client's own mistake. */
  void refuse(AiError error) {
    fail(AiErrors.of(error, GatewayError.Party.CLIENT, ""), error);
  }

  void fail(GatewayError failure) {
    context.fail(failure);
  }

  void fail(GatewayError failure, AiError words) {
    context.fail(failure, AiErrors.answer(protocol(), words));
  }

  /**
   * @param retryAfter when it is worth trying again; zero when that is unknown
   */
  void fail(GatewayError failure, AiError words, Duration retryAfter) {
    var answer = AiErrors.answer(protocol(), words);
    if (!retryAfter.isZero()) {
      var seconds = Math.max(1, retryAfter.plusMillis(999).toSeconds());
      answer.headers().add("retry-after", Long.toString(seconds));
    }
    context.fail(failure, answer);
  }

  /** A plugin refuses; returns whether its answer can still be one of its own. */
  boolean refusedBy(AiError error) {
    facts.end(AiEnd.Outcome.REFUSED);
    refused = error;
    return !context.responseBegun();
  }

  // Dialogue

  @Override
  public Stage gate(Participant filter, Stage next) {
    return new RequestGate(this, filter, next);
  }

  @Override
  public Stage end() {
    return new RequestEnd(this, attempts);
  }

  @Override
  public void replyTo(List<Participant> filters, Stage next) {
    replies = new ReplyPipe(this, filters, next, true);
  }

  @Override
  public Stage again(List<Participant> filters, Stage next) {
    return new LaterReply(this, new ReplyPipe(this, filters, next, false), next);
  }

  @Override
  public AiExchange view(Participant filter) {
    return viewOf(filter);
  }

  FilterView viewOf(Participant filter) {
    return views.computeIfAbsent(filter, of -> new FilterView(this, of));
  }

  @Override
  public AiFacts facts() {
    return facts;
  }

  @Override
  public byte @Nullable [] lastWords(GatewayError failure) {
    var pipe = replies;
    AiReply reply = pipe == null ? null : pipe.reply();
    if (reply == null || !reply.streamed()) {
      return null;
    }
    var error = refused;
    return reply.lastWords(
        error != null ? error : new AiError(failure.status(), failure.code(), failure.message()));
  }

  @Override
  public void cut() {
    if (!cut) {
      cut = true;
      attempts.cut();
    }
  }

  @Override
  public void over(List<Participant> filters) {
    cut();
    over = true;
    route.memory().give(held);
    held = 0;
    var end = facts.over();
    for (var filter : filters) {
      filter.onAiEnd(end);
    }
  }

  // ModelRouter.Facts

  @Override
  public @Nullable Identity identity() {
    return context.exchange().identity();
  }

  @Override
  public Headers headers() {
    var headers = context.exchange().requestHeaders();
    return headers == null ? new Headers(1) : headers;
  }

  @Override
  public String route() {
    return context.route().name();
  }

  @Override
  public int loop() {
    return context.exchange().loop();
  }

  @Override
  public int random() {
    return context.random();
  }
}
