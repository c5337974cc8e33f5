package dev.sluice.ai.internal;

import dev.sluice.ai.AiError;
import dev.sluice.ai.AiProtocol;
import dev.sluice.plugin.ai.AiEvent;
import org.jspecify.annotations.Nullable;

/**
 * Writes an answer as a stream in a client's protocol, as it comes. One per response, one thread.
 */
abstract sealed class ReplyWriter
    permits ChatStream, MessagesStream, GeminiStream, ResponsesStream {
  final Bytes out;
  final AnswerFacts facts;
  private boolean started;
  private boolean ended;

  ReplyWriter(AnswerFacts facts, Bytes out) {
    this.facts = facts;
    this.out = out;
  }

  static ReplyWriter of(AnswerFacts facts, Bytes out) {
    return switch (facts.protocol()) {
      case OPENAI_CHAT, OPENAI_COMPLETIONS -> new ChatStream(facts, out);
      case OPENAI_RESPONSES -> new ResponsesStream(facts, out);
      case ANTHROPIC_MESSAGES -> new MessagesStream(facts, out);
      case GEMINI_GENERATE -> new GeminiStream(facts, out);
      default ->
          throw ConversationReader.unsupported(
              facts.protocol().id() + ": it has no stream to write (expected: an answer in text)");
    };
  }

  final void write(Reply reply) {
    switch (reply) {
      case Reply.Started(String id, String model) -> start(id, model);
      case Reply.Delta delta -> event(delta.event(), delta.id());
      case Reply.Signed(String signature, String redacted) -> {
        begin();
        signed(signature, redacted);
      }
      case Reply.Echo echo -> {}
      case Reply.Ended end -> finish();
      case Reply.Failed(var error) -> fail(error);
    }
  }

  final void event(AiEvent event, @Nullable String callId) {
    begin();
    // An empty text says nothing; in Anthropic's format it would be a block that may not be sent.
    if (!(event instanceof AiEvent.TextDelta delta && delta.text().isEmpty())) {
      said(event, callId);
    }
  }

  private void begin() {
    if (!started) {
      start("", "");
    }
  }

  private void start(String id, String model) {
    if (!started) {
      started = true;
      begun(facts.id(id), model.isEmpty() ? facts.model() : model);
    }
  }

  final void finish() {
    if (!ended) {
      begin();
      ended = true;
      end();
    }
  }

  /** Ends the stream with an error in place of its proper end. */
  final void fail(AiError error) {
    if (!ended) {
      ended = true;
      failed(error);
    }
  }

  void failed(AiError error) {
    Errors.frame(facts.protocol(), error, out);
  }

  /** Returns whether an event's text is kept until the response has ended. */
  boolean keeps(AiEvent event) {
    return false;
  }

  abstract void begun(String id, String model);

  abstract void said(AiEvent event, @Nullable String callId);

  void signed(@Nullable String signature, @Nullable String redacted) {}

  abstract void end();

  final AiProtocol protocol() {
    return facts.protocol();
  }
}
