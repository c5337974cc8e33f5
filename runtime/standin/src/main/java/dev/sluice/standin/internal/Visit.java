package dev.sluice.standin.internal;

import dev.sluice.http.HttpStream;
import dev.sluice.http.HttpStreamHandler;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import dev.sluice.standin.Books;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Answers one request. Belongs to its loop. */
final class Visit implements HttpStreamHandler {
  private static final int MAX_BODY = 64 << 20;

  private final Desk desk;
  private final HttpStream response;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private Headers headers = new Headers();
  private boolean answered;
  private boolean gone;
  private @Nullable Player player;

  Visit(Desk desk, HttpStream response) {
    this.desk = desk;
    this.response = response;
    desk.ledger.begun();
  }

  @Override
  public void onHeaders(Headers request, boolean end) {
    headers = request;
    if (end) {
      answer();
    }
  }

  @Override
  public void onData(ByteBuf data, boolean end) {
    int length = data.readableBytes();
    if (body.size() + length <= MAX_BODY) {
      body.writeBytes(ByteBufUtil.getBytes(data));
    }
    data.release();
    response.consumed(length);
    if (end) {
      answer();
    }
  }

  @Override
  public void onTrailers(Headers trailers) {
    answer();
  }

  @Override
  public void onSent(int bytes) {
    if (player != null) {
      player.sent(bytes);
    }
  }

  @Override
  public void onWritable() {
    if (player != null) {
      player.play();
    }
  }

  @Override
  public void onReset(StreamError error, String detail) {
    gone = true;
    if (player != null) {
      player.abandon();
    }
  }

  @Override
  public void onClosed() {
    desk.ledger.over();
  }

  private void answer() {
    if (answered) {
      return;
    }
    answered = true;
    String path = headers.get(":path", "");
    if (path.startsWith("/standin/")) {
      Control.answer(desk, headers, body.toByteArray(), response);
      return;
    }
    desk.received(headers, body.toByteArray());
    Operation.Place place = Operation.find(headers.get(":method", ""), path, headers);
    if (place == null) {
      var unknown = new Refusal(404, "unknown_url", "Unknown request URL: " + path, null);
      Whole.refuse(response, Operation.Format.OPENAI, unknown, Wishes.NONE);
      return;
    }
    String key = Keys.of(headers);
    var ask = new Ask(place);
    try {
      read(ask, key);
    } catch (Refusal refusal) {
      desk.ledger.refused(requestId(), row(ask, key));
      Whole.refuse(response, ask.operation.format, refusal, Wishes.NONE);
    }
  }

  private void read(Ask ask, String key) {
    if (key.isEmpty() && desk.options.keyRequired()) {
      throw new Refusal(401, "", "You didn't provide an API key.", null);
    }
    if (AwsSignature.isOn(headers)) {
      AwsSignature.check(headers, body.toByteArray());
    } else if (key.isEmpty() && ask.operation == Operation.INVOKE) {
      throw new Refusal(403, "MissingAuthenticationTokenException", "Missing token", null);
    }
    JsonNode json = JsonMapper.shared().createObjectNode();
    if (headers.get(":method", "").equals("POST")) {
      if (ask.operation.format == Operation.Format.ANTHROPIC
          && !headers.contains("anthropic-version")) {
        throw Refusal.invalid("anthropic-version", "header is required");
      }
      json = parse();
      read(Fields.of(json, ""), ask);
    }
    Wishes wishes;
    try {
      wishes =
          desk.behaviour(key)
              .and(Wishes.parse(headers.get("x-standin", "")))
              .and(Wishes.parse(Models.wishes(ask.model)))
              .and(Wishes.inText(ask.system))
              .and(Wishes.inText(ask.lastText));
      ask.model = Models.name(ask.model);
      wishes = desk.counted(wishes);
      int delay = wishes.number("delay", 0);
      Wishes settled = wishes;
      JsonNode request = json;
      if (delay > 0) {
        response
            .loop()
            .schedule(() -> decide(ask, key, settled, request), delay, TimeUnit.MILLISECONDS);
        return;
      }
      decide(ask, key, wishes, json);
    } catch (IllegalArgumentException e) {
      throw Refusal.invalid("x-standin", String.valueOf(e.getMessage()));
    }
  }

  private JsonNode parse() {
    if (body.size() >= MAX_BODY) {
      throw new Refusal(413, "", "Request exceeds the maximum size", null);
    }
    try {
      return JsonMapper.shared().readTree(body.toByteArray());
    } catch (JacksonException e) {
      throw Refusal.invalid(
          "body", "We could not parse the JSON body of your request: " + e.getOriginalMessage());
    }
  }

  private static void read(Fields request, Ask ask) {
    switch (ask.operation) {
      case CHAT -> ChatRequests.chat(request, ask);
      case COMPLETIONS -> ChatRequests.completions(request, ask);
      case RESPONSES -> ResponsesRequests.read(request, ask);
      case EMBEDDINGS, MODERATIONS -> ChatRequests.input(request, ask);
      case INVOKE, MESSAGES, COUNT_TOKENS -> MessagesRequests.read(request, ask);
      case GENERATE, GEMINI_COUNT -> GeminiRequests.read(request, ask);
      case OPENAI_MODELS, ANTHROPIC_MODELS, GEMINI_MODELS -> {
        // They have no body.
      }
    }
  }

  private String requestId() {
    return headers.get("x-request-id", "");
  }

  private static Ledger.Row row(Ask ask, String key) {
    return new Ledger.Row(ask.operation.id, Models.name(ask.model), key);
  }

  private void decide(Ask ask, String key, Wishes wishes, JsonNode request) {
    if (gone) {
      var nothing = new Books.Sum(1, 0, 0, 0, 0);
      desk.ledger.answered(requestId(), row(ask, key), Ledger.End.ABANDONED, nothing);
      return;
    }
    if (wishes.has("status")) {
      desk.ledger.refused(requestId(), row(ask, key));
      var refusal = Refusal.asked(wishes.number("status", 500), wishes.word("code", ""));
      Whole.refuse(response, ask.operation.format, refusal, wishes);
      return;
    }
    Answer answer = desk.composer.compose(ask, wishes);
    var account = new Account(desk.ledger, ask, answer, requestId(), row(ask, key));
    AnswerWriter writer = AnswerWriter.of(ask, answer);
    if (ask.stream) {
      int pace = wishes.number("pace", (int) desk.options.pace().toMillis());
      player = new Player(response, writer, wishes, account, pace);
      player.start();
      return;
    }
    JsonNode whole =
        ask.operation == Operation.EMBEDDINGS
            ? PlainWriter.embeddings(request, answer)
            : writer.whole();
    Whole.answer(response, whole, wishes, account);
  }
}
