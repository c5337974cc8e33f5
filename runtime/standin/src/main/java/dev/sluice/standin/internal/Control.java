package dev.sluice.standin.internal;

import dev.sluice.http.HttpStream;
import dev.sluice.plugin.Headers;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Answers who asks about the stand-in itself, below {@code /standin/}. */
final class Control {
  private static final String BEHAVIOUR = "/standin/behaviour/";

  private Control() {}

  static void answer(Desk desk, Headers request, byte[] body, HttpStream response) {
    String method = request.get(":method", "");
    String path = request.get(":path", "");
    JsonNode answer =
        switch (method + " " + path) {
          case "GET /standin/books" -> books(desk);
          case "GET /standin/requests" -> JsonMapper.shared().valueToTree(desk.requests());
          case "GET /standin/answers" -> JsonMapper.shared().valueToTree(desk.answers());
          case "DELETE /standin/books", "DELETE /standin/requests" -> {
            desk.forget();
            yield AnswerWriter.object();
          }
          default -> null;
        };
    int status = 200;
    if (answer == null && path.startsWith(BEHAVIOUR) && method.matches("PUT|DELETE")) {
      String key = URLDecoder.decode(path.substring(BEHAVIOUR.length()), StandardCharsets.UTF_8);
      try {
        desk.behave(key, method.equals("PUT") ? new String(body, StandardCharsets.UTF_8) : "");
        answer = AnswerWriter.object();
      } catch (IllegalArgumentException e) {
        status = 400;
        answer = AnswerWriter.object().put("error", String.valueOf(e.getMessage()));
      }
    }
    if (answer == null) {
      status = 404;
      answer =
          AnswerWriter.object()
              .put(
                  "error",
                  method
                      + " "
                      + path
                      + " (expected: GET or DELETE /standin/books or /standin/requests, GET"
                      + " /standin/answers, PUT or DELETE /standin/behaviour/KEY)");
    }
    Whole.send(response, Whole.head(status, "application/json"), answer);
  }

  private static JsonNode books(Desk desk) {
    var books = desk.books();
    var node = AnswerWriter.object().put("active", books.active()).put("refused", books.refused());
    node.set("complete", JsonMapper.shared().valueToTree(books.complete()));
    node.set("cut", JsonMapper.shared().valueToTree(books.cut()));
    node.set("abandoned", JsonMapper.shared().valueToTree(books.abandoned()));
    node.set("entries", JsonMapper.shared().valueToTree(books.entries()));
    return node;
  }
}
