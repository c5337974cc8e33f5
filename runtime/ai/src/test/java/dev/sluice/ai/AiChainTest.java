package dev.sluice.ai;

import static dev.sluice.ai.AiFixture.done;
import static dev.sluice.ai.AiFixture.headers;
import static dev.sluice.ai.AiFixture.status;
import static dev.sluice.ai.Wire.file;
import static dev.sluice.ai.Wire.json;
import static dev.sluice.ai.Wire.text;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.PoolConfig.ProtocolChoice;
import dev.sluice.http.testing.Exchange;
import dev.sluice.plugin.Body;
import dev.sluice.plugin.Callback;
import dev.sluice.plugin.Direction;
import dev.sluice.plugin.FilterStatus;
import dev.sluice.plugin.Headers;
import dev.sluice.plugin.HttpFilter;
import dev.sluice.plugin.StreamContext;
import dev.sluice.plugin.ai.AiEnd;
import dev.sluice.plugin.ai.AiEvent;
import dev.sluice.plugin.ai.AiRequest;
import dev.sluice.plugin.ai.Role;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shows what plugins see and change of an LLM call. */
class AiChainTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final EnumSet<Callback> REQUEST = EnumSet.of(Callback.AI_REQUEST);
  private static final EnumSet<Callback> EVENTS = EnumSet.of(Callback.AI_EVENT, Callback.AI_END);

  private final AiFixture fixture = new AiFixture();
  private final Queue<String> log = new ConcurrentLinkedQueue<>();

  @AfterEach
  void close() throws Exception {
    fixture.close();
  }

  private static String chat(String text, boolean stream) {
    return "{\"model\":\"m\",\"stream\":"
        + stream
        + ",\"messages\":[{\"role\":\"user\",\"content\":\""
        + text
        + "\"}]}";
  }

  private static void answer(Exchange exchange, String protocol, boolean stream) {
    if (stream) {
      AiFixture.stream(exchange, text(file(protocol + ".reply.sse")));
    } else {
      exchange.respond(
          200, text(file(protocol + ".reply.json")), "content-type", "application/json");
    }
  }

  private static dev.sluice.plugin.ai.AiExchange ai(StreamContext stream) {
    return Objects.requireNonNull(stream.ai());
  }

  /** Replaces a word in every text of a request. */
  private static HttpFilter masking(String word, String by) {
    return new HttpFilter() {
      @Override
      public FilterStatus onAiRequest(AiRequest request) {
        for (var segment : request.segments()) {
          if (segment.text().contains(word)) {
            request.replace(segment, segment.text().replace(word, by));
          }
        }
        return FilterStatus.CONTINUE;
      }
    };
  }

  /** Writes the texts of events in capitals. */
  private static HttpFilter shouting(StreamContext stream) {
    return new HttpFilter() {
      @Override
      public FilterStatus onAiEvent(AiEvent event) {
        if (event instanceof AiEvent.TextDelta(int choice, String place, String text)) {
          ai(stream)
              .replaceEvent(
                  List.of(
                      new AiEvent.TextDelta(
                          choice, place, text.toUpperCase(java.util.Locale.ROOT))));
        }
        return FilterStatus.CONTINUE;
      }
    };
  }

  private HttpFilter logging(String name) {
    return new HttpFilter() {
      @Override
      public FilterStatus onAiRequest(AiRequest request) {
        log.add(name + " request " + request.segments().getLast().text());
        return FilterStatus.CONTINUE;
      }

      @Override
      public FilterStatus onAiEvent(AiEvent event) {
        if (event instanceof AiEvent.TextDelta delta && delta.place().equals("answer")) {
          log.add(name + " " + delta.text());
        }
        return FilterStatus.CONTINUE;
      }

      @Override
      public void onAiEnd(AiEnd end) {
        log.add(name + " end " + end.outcome());
      }
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"openai.chat", "openai.responses", "anthropic.messages", "gemini.generateContent"})
  void everyFormatIsMaskedAndTheRestIsKept(String protocol) {
    var upstream = fixture.upstream("u", exchange -> answer(exchange, protocol, false));
    fixture.plugin("mask", REQUEST, (root, stream) -> masking("Be brief.", "[BRIEF]"));
    fixture.serve();
    var question =
        text(file(protocol + ".request.json")).replaceAll("\"stream\": ?true", "\"stream\":false");

    var answer =
        done(fixture.send(ProtocolChoice.HTTP_1_1, Wire.path(protocol), question.getBytes(UTF_8)));

    assertThat(status(answer)).isEqualTo(200);
    var sent = upstream.exchanges().element().text();
    assertThat(sent).contains("[BRIEF]").doesNotContain("Be brief.");
    assertThat(sent.replace("[BRIEF]", "Be brief.")).isEqualTo(question);
    assertThat(headers(upstream.exchanges().element()).get("content-length"))
        .isEqualTo(Integer.toString(sent.getBytes(UTF_8).length));
  }

  @ParameterizedTest
  @CsvSource({
    "openai.chat,false",
    "openai.chat,true",
    "openai.responses,false",
    "openai.responses,true",
    "anthropic.messages,false",
    "anthropic.messages,true",
    "gemini.generateContent,false"
  })
  void everyAnswerIsChanged(String protocol, boolean stream) {
    fixture.upstream("u", exchange -> answer(exchange, protocol, stream));
    fixture.plugin("shout", EVENTS, (root, context) -> shouting(context));
    fixture.serve();
    var question =
        text(file(protocol + ".request.json"))
            .replaceAll("\"stream\": ?(true|false)", "\"stream\":" + stream);

    var answer =
        done(fixture.send(ProtocolChoice.HTTP_1_1, Wire.path(protocol), question.getBytes(UTF_8)));

    assertThat(status(answer)).isEqualTo(200);
    assertThat(answer.text()).contains("HÄL").doesNotContain("Häl");
    assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.COMPLETE);
  }

  @Test
  void filtersSeeRequestsForwardsAndEventsBackwards() {
    fixture.upstream("u", exchange -> answer(exchange, "openai.chat", true));
    var all = EnumSet.of(Callback.AI_REQUEST, Callback.AI_EVENT, Callback.AI_END);
    fixture.plugin("first", all, (root, stream) -> logging("first"));
    fixture.plugin("mask", REQUEST, (root, stream) -> masking("secret", "***"));
    fixture.plugin("second", all, (root, stream) -> logging("second"));
    fixture.serve();

    fixture.post(CHAT, chat("a secret", true));

    await().until(() -> log.contains("second end COMPLETE") && log.contains("first end COMPLETE"));
    assertThat(log)
        .containsSubsequence(
            "first request a secret", "second request a ***", "second Häl", "first Häl");
  }

  @Test
  void aRawEditBetweenIsReadAgain() {
    var upstream = fixture.upstream("u", exchange -> answer(exchange, "openai.chat", false));
    fixture.plugin("before", REQUEST, (root, stream) -> logging("before"));
    fixture.plugin(
        "raw",
        EnumSet.of(Callback.REQUEST_BODY, Callback.RESPONSE_BODY),
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onRequestBody(Body body, boolean end) {
                return replaced(body, end, "hello", "goodbye");
              }

              @Override
              public FilterStatus onResponseBody(Body body, boolean end) {
                return replaced(body, end, "Häl", "Bye");
              }

              private FilterStatus replaced(Body body, boolean end, String word, String by) {
                if (!end) {
                  return FilterStatus.STOP_ITERATION_AND_BUFFER;
                }
                var bytes = new byte[body.length()];
                body.copyTo(0, bytes, 0, bytes.length);
                body.replace(
                    0, bytes.length, new String(bytes, UTF_8).replace(word, by).getBytes(UTF_8));
                return FilterStatus.CONTINUE;
              }

              @Override
              public FilterStatus onResponseHeaders(Headers headers, boolean end) {
                headers.remove("content-length");
                return FilterStatus.CONTINUE;
              }
            });
    fixture.plugin("after", REQUEST, (root, stream) -> logging("after"));
    var both = EnumSet.of(Callback.AI_EVENT);
    fixture.plugin("inner", both, (root, stream) -> logging("inner"));
    fixture.serve();
    fixture.post(CHAT, chat("hello", false));
    assertThat(log).startsWith("before request hello", "after request goodbye");
    assertThat(upstream.exchanges().element().text()).contains("goodbye");
    assertThat(log).anyMatch(line -> line.startsWith("inner Häl"));
  }

  @Test
  void aFilterFindsTheHeadersOfTheAnswerAtTheExchange() {
    fixture.upstream("u", exchange -> answer(exchange, "openai.chat", false));
    fixture.plugin(
        "headers",
        EnumSet.of(Callback.RESPONSE_HEADERS),
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onResponseHeaders(Headers headers, boolean end) {
                log.add("the same: " + (stream.responseHeaders() == headers));
                return FilterStatus.CONTINUE;
              }
            });
    fixture.serve();
    fixture.post(CHAT, chat("hi", false));
    assertThat(log).containsExactly("the same: true");
  }

  @Test
  void anEventFilterBehindARawEditSeesWhatWasMadeOfIt() {
    fixture.upstream("u", exchange -> answer(exchange, "openai.chat", true));
    fixture.plugin("outer", EVENTS, (root, stream) -> logging("outer"));
    fixture.plugin(
        "raw",
        EnumSet.of(Callback.RESPONSE_BODY),
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onResponseBody(Body body, boolean end) {
                var bytes = new byte[body.length()];
                body.copyTo(0, bytes, 0, bytes.length);
                var changed = new String(bytes, UTF_8).replace("Häl", "Bye");
                body.replace(0, bytes.length, changed.getBytes(UTF_8));
                return FilterStatus.CONTINUE;
              }
            });
    fixture.plugin("inner", EVENTS, (root, stream) -> logging("inner"));
    fixture.serve();
    var answer = fixture.post(CHAT, chat("hi", true));
    assertThat(answer.text()).contains("Bye");
    assertThat(log).contains("inner Häl", "outer Bye");
  }

  @ParameterizedTest
  @CsvSource({"false,true", "true,false", "true,true"})
  void aFilterPausesAndResumesFromAnotherThread(boolean request, boolean event) {
    var upstream = fixture.upstream("u", exchange -> answer(exchange, "openai.chat", true));
    fixture.plugin(
        "slow",
        EnumSet.of(Callback.AI_REQUEST, Callback.AI_EVENT),
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onAiRequest(AiRequest asked) {
                if (!request) {
                  return FilterStatus.CONTINUE;
                }
                Thread.ofVirtual()
                    .start(
                        () -> {
                          stream.execute(() -> asked.appendMessage(Role.USER, "added late"));
                          stream.resume(Direction.REQUEST);
                        });
                return FilterStatus.STOP_ITERATION_AND_BUFFER;
              }

              @Override
              public FilterStatus onAiEvent(AiEvent seen) {
                if (!event) {
                  return FilterStatus.CONTINUE;
                }
                Thread.ofVirtual().start(() -> stream.resume(Direction.RESPONSE));
                return FilterStatus.STOP_ITERATION_AND_BUFFER;
              }
            });
    fixture.serve();

    var answer = fixture.post(CHAT, chat("hi", true));

    assertThat(answer.text()).endsWith("data: [DONE]\n\n").contains("Häl");
    assertThat(upstream.exchanges().element().text().contains("added late")).isEqualTo(request);
  }

  @Test
  void aFilterThatHoldsTheHeadersIsShownTheRequestWhenItResumes() {
    var upstream = fixture.upstream("u", exchange -> answer(exchange, "openai.chat", false));
    fixture.plugin(
        "late",
        EnumSet.of(Callback.REQUEST_HEADERS, Callback.AI_REQUEST),
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onRequestHeaders(Headers headers, boolean end) {
                log.add("headers");
                Thread.ofVirtual().start(() -> stream.resume(Direction.REQUEST));
                return FilterStatus.STOP_ITERATION_AND_BUFFER;
              }

              @Override
              public FilterStatus onAiRequest(AiRequest request) {
                log.add("request");
                return FilterStatus.CONTINUE;
              }
            });
    fixture.plugin(
        "holding",
        EnumSet.of(Callback.REQUEST_HEADERS, Callback.AI_REQUEST),
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onRequestHeaders(Headers headers, boolean end) {
                return FilterStatus.STOP_ITERATION;
              }

              @Override
              public FilterStatus onAiRequest(AiRequest request) {
                Objects.requireNonNull(stream.requestHeaders()).add("x-tokens", "1");
                return FilterStatus.CONTINUE;
              }
            });
    fixture.serve();
    assertThat(status(fixture.post(CHAT, chat("hi", false)))).isEqualTo(200);
    assertThat(log).containsExactly("headers", "request");
    assertThat(headers(upstream.exchanges().element()).get("x-tokens")).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"openai.chat", "openai.responses", "anthropic.messages", "gemini.generateContent"})
  void aRefusalSpeaksTheCallersProtocol(String protocol) {
    var upstream = fixture.upstream("u", exchange -> answer(exchange, protocol, false));
    fixture.plugin(
        "refuse",
        EnumSet.of(Callback.AI_REQUEST, Callback.AI_END),
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onAiRequest(AiRequest request) {
                ai(stream).refuse(403, "content_blocked", "not that");
                return FilterStatus.CONTINUE;
              }

              @Override
              public void onAiEnd(AiEnd end) {
                log.add(end.outcome().toString());
              }
            });
    fixture.serve();
    var answer =
        done(
            fixture.send(
                ProtocolChoice.HTTP_1_1, Wire.path(protocol), file(protocol + ".request.json")));
    assertThat(status(answer)).isEqualTo(403);
    assertThat(json(answer.body()).at("/error/message").asString()).isEqualTo("not that");
    assertThat(upstream.exchanges()).isEmpty();
    assertThat(fixture.one().code()).isEqualTo("content_blocked");
    assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.REFUSED);
    assertThat(log).containsExactly("REFUSED");
  }

  @ParameterizedTest
  @CsvSource({
    "openai.chat,false",
    "openai.chat,true",
    "openai.responses,false",
    "openai.responses,true",
    "anthropic.messages,false",
    "anthropic.messages,true",
    "gemini.generateContent,false"
  })
  void aCachedAnswerSpeaksTheCallersProtocolAndPassesTheGuardsBefore(
      String protocol, boolean stream) {
    fixture.upstream("u", exchange -> answer(exchange, protocol, stream));
    fixture.plugin("shout", EVENTS, (root, context) -> shouting(context));
    fixture.plugin(
        "cache",
        REQUEST,
        (root, context) ->
            new HttpFilter() {
              @Override
              public FilterStatus onAiRequest(AiRequest request) {
                ai(context)
                    .answer(
                        List.of(
                            new AiEvent.TextDelta(0, "answer", "from "),
                            new AiEvent.TextDelta(0, "answer", "shelf")));
                return FilterStatus.CONTINUE;
              }
            });
    fixture.serve();
    var question =
        text(file(protocol + ".request.json"))
            .replaceAll("\"stream\": ?(true|false)", "\"stream\":" + stream);
    var answer =
        done(fixture.send(ProtocolChoice.HTTP_1_1, Wire.path(protocol), question.getBytes(UTF_8)));
    assertThat(status(answer)).isEqualTo(200);
    assertThat(headers(answer).get("content-type"))
        .isEqualTo(stream ? "text/event-stream" : "application/json");
    assertThat(answer.text()).contains("FROM ").contains("SHELF").doesNotContain("shelf");
    assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.CACHED);
  }

  @Test
  void textThatWasHeldBackGoesBeforeTheEnd() {
    fixture.upstream("u", exchange -> answer(exchange, "anthropic.messages", true));
    fixture.plugin(
        "hold",
        EVENTS,
        (root, stream) ->
            new HttpFilter() {
              private final List<AiEvent> held = new ArrayList<>();

              @Override
              public FilterStatus onAiEvent(AiEvent event) {
                if (event instanceof AiEvent.TextDelta) {
                  held.add(event);
                  ai(stream).replaceEvent(List.of());
                } else if (event instanceof AiEvent.Finish) {
                  ai(stream).emit(held);
                }
                return FilterStatus.CONTINUE;
              }
            });
    fixture.serve();
    var answer =
        fixture.post(
            "/v1/messages",
            "{\"model\":\"m\",\"max_tokens\":9,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    assertThat(answer.text()).contains("Häl").contains("message_stop");
    assertThat(answer.text().indexOf("Häl")).isLessThan(answer.text().indexOf("message_delta"));
  }

  @Test
  void aRefusalInAStreamEndsItWithAnError() {
    fixture.upstream("u", exchange -> answer(exchange, "openai.chat", true));
    fixture.plugin(
        "stop",
        EVENTS,
        (root, stream) ->
            new HttpFilter() {
              private int texts;

              @Override
              public FilterStatus onAiEvent(AiEvent event) {
                if (event instanceof AiEvent.TextDelta && ++texts == 3) {
                  ai(stream).refuse(403, "content_blocked", "no more of that");
                }
                return FilterStatus.CONTINUE;
              }
            });
    fixture.serve();
    var answer = fixture.post(CHAT, chat("hi", true));
    if (status(answer) == 200) {
      assertThat(answer.text()).contains("no more of that").doesNotContain("[DONE]");
    } else {
      assertThat(status(answer)).isEqualTo(403);
    }
    assertThat(fixture.one().outcome()).isEqualTo(AiEnd.Outcome.REFUSED);
  }

  @Test
  void aRefusalOfAWholeAnswerIsAStatus() {
    fixture.upstream("u", exchange -> answer(exchange, "openai.chat", false));
    fixture.plugin(
        "stop",
        EVENTS,
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onAiEvent(AiEvent event) {
                ai(stream).refuse(403, "content_blocked", "not that");
                return FilterStatus.CONTINUE;
              }
            });
    fixture.serve();
    var answer = fixture.post(CHAT, chat("hi", false));
    assertThat(status(answer)).isEqualTo(403);
    assertThat(json(answer.body()).at("/error/code").asString()).isEqualTo("content_blocked");
  }

  @Test
  void aFilterThatFailsIsToldInTheCallersFormat() {
    fixture.upstream("u", exchange -> answer(exchange, "openai.chat", false));
    fixture.plugin(
        "broken",
        REQUEST,
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onAiRequest(AiRequest request) {
                throw new IllegalStateException("broken");
              }
            });
    fixture.serve();
    var answer = fixture.post("/v1/messages", "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[]}");
    assertThat(status(answer)).isEqualTo(503);
    assertThat(json(answer.body()).at("/type").asString()).isEqualTo("error");
    assertThat(answer.text()).doesNotContain("broken");
  }

  @Test
  void aChangedModelIsWhatTheProviderIsAsked() {
    var upstream = fixture.upstream("u", exchange -> answer(exchange, "openai.chat", false));
    fixture.plugin(
        "model",
        REQUEST,
        (root, stream) ->
            new HttpFilter() {
              @Override
              public FilterStatus onAiRequest(AiRequest request) {
                request.setModel("other/model");
                return FilterStatus.CONTINUE;
              }
            });
    fixture.serve();
    fixture.post(CHAT, chat("hi", false));
    fixture.post(
        "/v1beta/models/gemini:generateContent?key=k",
        "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"hi\"}]}]}");
    var sent = List.copyOf(upstream.exchanges());
    assertThat(json(sent.get(0).body()).at("/model").asString()).isEqualTo("other/model");
    assertThat(headers(sent.get(1)).path())
        .startsWith("/v1beta/models/other%2Fmodel:generateContent");
    assertThat(fixture.one().requestedModel()).isEqualTo("m");
  }
}
