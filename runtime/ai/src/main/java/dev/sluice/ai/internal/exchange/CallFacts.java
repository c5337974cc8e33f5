package dev.sluice.ai.internal.exchange;

import dev.sluice.ai.AiCall;
import dev.sluice.ai.AiReply;
import dev.sluice.ai.ModelRouter;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.Usage;
import dev.sluice.proxy.AiFacts;
import dev.sluice.proxy.GatewayError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Keeps what is known of a call. Belongs to the loop. */
final class CallFacts implements AiFacts {
  private static final Usage NONE = new Usage(0, 0, 0, 0, false);

  private final AiDialogue dialogue;
  private final List<AiAttempt> attempts = new ArrayList<>(1);
  private String requestedModel = "";
  private String targetModel = "";
  private String provider = "";
  private String finishReason = "";
  private String detail = "";
  private boolean stream;
  private OptionalLong maxOutputTokens = OptionalLong.empty();
  private long firstTokenNanos = -1;
  private AiEnd.@Nullable Outcome outcome;
  private @Nullable AiReply reply;

  CallFacts(AiDialogue dialogue) {
    this.dialogue = dialogue;
  }

  void asked(AiCall call) {
    requestedModel = call.model();
    stream = call.stream();
    maxOutputTokens = call.maxOutputTokens();
  }

  void trying(ModelRouter.Target target, String model) {
    provider = target.provider();
    targetModel = model;
  }

  void tried(AiAttempt attempt) {
    attempts.add(attempt);
  }

  /** The reply that goes to the client. */
  void answeredBy(AiReply chosen) {
    reply = chosen;
  }

  void firstContent() {
    if (firstTokenNanos < 0) {
      firstTokenNanos = dialogue.context().exchange().durationNanos();
    }
  }

  void saw(AiEvent event) {
    if (event instanceof AiEvent.Finish(int choice, String reason) && choice == 0) {
      finishReason = reason;
    }
  }

  /** Says how it ended; the first to say so is right. */
  void end(AiEnd.Outcome how) {
    if (outcome == null) {
      outcome = how;
    }
  }

  void failed() {
    end(AiEnd.Outcome.UPSTREAM_ERROR);
  }

  /** Keeps what the log is told of the last failure. */
  void detail(String text) {
    detail = text;
  }

  String detail() {
    return detail;
  }

  AiEnd over() {
    var how = outcome == null ? found() : outcome;
    outcome = how;
    return new AiEnd(how, answeredModel(), provider(), usage());
  }

  private AiEnd.Outcome found() {
    var exchange = dialogue.context().exchange();
    var error = exchange.error();
    if (error == null) {
      return reply == null ? AiEnd.Outcome.REFUSED : AiEnd.Outcome.COMPLETE;
    }
    if (error.code().equals(GatewayError.CLIENT_GONE.code())) {
      return AiEnd.Outcome.CLIENT_GONE;
    }
    return error.who() == GatewayError.Party.UPSTREAM
        ? AiEnd.Outcome.UPSTREAM_ERROR
        : AiEnd.Outcome.REFUSED;
  }

  @Override
  public String protocol() {
    return dialogue.protocol().id();
  }

  @Override
  public String requestedModel() {
    return requestedModel;
  }

  @Override
  public String targetModel() {
    return targetModel;
  }

  @Override
  public String answeredModel() {
    return reply == null ? "" : reply.model();
  }

  @Override
  public String provider() {
    return provider;
  }

  @Override
  public boolean stream() {
    return stream;
  }

  @Override
  public Usage usage() {
    var from = reply;
    return from == null || (from.error() != null && !from.started()) ? NONE : from.usage();
  }

  @Override
  public OptionalLong maxOutputTokens() {
    return maxOutputTokens;
  }

  @Override
  public List<AiAttempt> attempts() {
    return Collections.unmodifiableList(attempts);
  }

  @Override
  public long firstTokenNanos() {
    return firstTokenNanos;
  }

  @Override
  public AiEnd.@Nullable Outcome outcome() {
    return outcome;
  }

  @Override
  public String finishReason() {
    return finishReason;
  }

  @Override
  public String responseId() {
    return reply == null ? "" : reply.id();
  }
}
