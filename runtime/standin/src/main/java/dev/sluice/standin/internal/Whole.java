package dev.sluice.standin.internal;

import dev.sluice.http.HttpStream;
import dev.sluice.http.StreamError;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.databind.JsonNode;

/** Sends answers and errors in one piece. */
final class Whole {
  private Whole() {}

  static Headers head(int status, String type) {
    return Headers.of(
        ":status", String.valueOf(status), "content-type", type, "x-request-id", "req_standin");
  }

  static void answer(HttpStream response, JsonNode json, Wishes wishes, Account account) {
    if (wishes.has("hang")) {
      return;
    }
    byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
    Headers headers = head(200, wishes.word("type", "application/json"));
    boolean cut = wishes.has("cut") || wishes.has("end") || wishes.has("fail");
    if (cut) {
      account.end(Ledger.End.CUT);
      response.sendHeaders(headers, false);
      response.sendData(Unpooled.wrappedBuffer(bytes, 0, bytes.length / 2), wishes.has("end"));
      if (!wishes.has("end")) {
        // In the next turn, when the half has left.
        response.loop().execute(() -> response.reset(StreamError.INTERNAL_ERROR));
      }
      return;
    }
    account.complete();
    headers.add("content-length", String.valueOf(bytes.length));
    response.sendHeaders(headers, false);
    split(response, bytes, Math.max(0, wishes.number("split", 0)));
  }

  private static void split(HttpStream response, byte[] bytes, int size) {
    if (size == 0 || size >= bytes.length) {
      response.sendData(Unpooled.wrappedBuffer(bytes), true);
      return;
    }
    response.sendData(Unpooled.wrappedBuffer(bytes, 0, size), false);
    byte[] rest = Arrays.copyOfRange(bytes, size, bytes.length);
    response.loop().execute(() -> split(response, rest, size));
  }

  static void refuse(HttpStream response, Operation.Format format, Refusal refusal, Wishes wishes) {
    Headers headers = head(refusal.status, wishes.word("type", "application/json"));
    if (format == Operation.Format.BEDROCK) {
      headers.add("x-amzn-errortype", refusal.bedrockType());
    }
    for (String name : new String[] {"retry-after", "retry-after-ms"}) {
      if (wishes.has(name)) {
        headers.add(name, wishes.word(name, "1"));
      }
    }
    send(response, headers, refusal.json(format));
  }

  static void send(HttpStream response, Headers headers, JsonNode json) {
    byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
    headers.add("content-length", String.valueOf(bytes.length));
    response.sendHeaders(headers, false);
    response.sendData(Unpooled.wrappedBuffer(bytes), true);
  }
}
