package dev.sluice.http.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Transport;
import dev.sluice.http.testing.RawClient;
import dev.sluice.http.testing.TestUpstream;
import dev.sluice.plugin.Headers;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Http1ServerTest {
  private static Transport transport;
  private static TestUpstream echo;

  @BeforeAll
  static void start() {
    transport = Transport.create(2);
    echo = TestUpstream.echo(transport, null);
  }

  @AfterAll
  static void stop() {
    echo.close();
    transport.close();
  }

  @Test
  void answersARequestAndKeepsTheConnection() {
    try (var client = new RawClient(echo.address())) {
      for (int i = 0; i < 3; i++) {
        client.send(
            "POST /a?b HTTP/1.1\r\nHost: x:1\r\nContent-Length: 3\r\nX-A: " + i + "\r\n\r\nabc");
        var head = client.readHead();
        assertThat(head)
            .startsWith("HTTP/1.1 200 OK\r\n")
            .contains(
                "x-echo-method: POST\r\n", "x-echo-path: /a?b\r\n", "x-echo-authority: x:1\r\n")
            .contains("x-echo-scheme: http\r\n", "x-a: " + i + "\r\n", "content-length: 3\r\n")
            .doesNotContain("connection:");
        assertThat(client.read(3)).isEqualTo("abc".getBytes(StandardCharsets.US_ASCII));
      }
    }
  }

  @Test
  void servesTheNextRequestAfterABodyThatCameBehindItsAnswer() {
    try (var server = TestUpstream.start(transport, exchange -> exchange.respond(200, "early"));
        var client = new RawClient(server.address())) {
      for (int i = 0; i < 3; i++) {
        client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nb");
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 OK\r\n");
        assertThat(client.read(5)).isEqualTo("early".getBytes(StandardCharsets.US_ASCII));
        client.send("ody");
      }
      assertThat(server.exchanges()).hasSize(3);
    }
  }

  @Test
  void answersPipelinedRequestsInOrder() {
    try (var client = new RawClient(echo.address())) {
      var text = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        text.append("GET /").append(i).append(" HTTP/1.1\r\nHost: x\r\n\r\n");
      }
      client.send(text.toString());
      for (int i = 0; i < 50; i++) {
        assertThat(client.readHead()).contains("x-echo-path: /" + i + "\r\n");
      }
    }
  }

  @Test
  void readsARequestThatComesOctetByOctet() {
    try (var client = new RawClient(echo.address())) {
      var text =
          """
          POST / HTTP/1.1
          Host: x
          Transfer-Encoding: chunked
          Trailer: x-t

          3;a=b
          abc
          0
          X-T: 1

          """
              .replace("\n", "\r\n");
      for (int i = 0; i < text.length(); i++) {
        client.send(text.substring(i, i + 1));
      }
      assertThat(client.readHead()).contains("transfer-encoding: chunked\r\n");
      assertThat(client.readUntil("0\r\nx-t: 1\r\n\r\n")).contains("abc");
    }
  }

  @Test
  void closesAfterHttp10UnlessAskedNotTo() {
    try (var client = new RawClient(echo.address())) {
      client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      assertThat(client.readHead()).contains("connection: keep-alive\r\n", "content-length: 0");
      client.send("GET / HTTP/1.0\r\n\r\n");
      assertThat(client.readAll()).contains("connection: close\r\n");
    }
  }

  @Test
  void answersAClientThatShutDownItsOutputAfterAnnouncingIt() {
    try (var client = new RawClient(echo.address())) {
      client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").shutdownOutput();
      assertThat(client.readAll()).startsWith("HTTP/1.1 200 OK").contains("connection: close\r\n");
    }
  }

  @Test
  void removesFieldsThatConcernTheConnection() {
    try (var client = new RawClient(echo.address())) {
      client.send(
          """
          GET / HTTP/1.1
          Host: x
          Connection: keep-alive, X-Secret, close
          X-Secret: 1
          Keep-Alive: 5
          Proxy-Connection: x
          Upgrade: h2c
          TE: gzip
          X-Kept: 1

          """
              .replace("\n", "\r\n"));
      assertThat(client.readAll())
          .contains("x-kept: 1")
          .doesNotContain("x-secret", "keep-alive", "proxy-connection", "upgrade", "te: ");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://a.example/p?q,/p?q,a.example",
    "http://a.example:8080,/,a.example:8080",
    "HTTPS://a.example?q,/?q,a.example"
  })
  void takesTheAuthorityFromAnAbsoluteTarget(String target, String path, String authority) {
    try (var client = new RawClient(echo.address())) {
      client.send("GET " + target + " HTTP/1.1\r\nHost: other\r\n\r\n");
      assertThat(client.readHead())
          .contains("x-echo-path: " + path + "\r\n", "x-echo-authority: " + authority + "\r\n");
    }
  }

  @Test
  void takesAnAsterisk() {
    try (var client = new RawClient(echo.address())) {
      client.send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readHead()).contains("x-echo-path: *\r\n");
    }
  }

  @Test
  void sendsNoBodyWhereNoneMayBe() {
    try (var upstream =
            TestUpstream.start(
                transport,
                exchange -> {
                  var status = exchange.headers().join().get(":path", "/").substring(1);
                  var headers = Headers.of(":status", status, "content-length", "5");
                  exchange.stream().sendHeaders(headers, false);
                  exchange.stream()
                      .sendData(Unpooled.copiedBuffer("hello", StandardCharsets.US_ASCII), true);
                });
        var client = new RawClient(upstream.address())) {
      client.send("HEAD /200 HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readHead()).contains("content-length: 5\r\n");
      client.send("GET /304 HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readHead()).contains("content-length: 5\r\n");
      client.send("GET /204 HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readHead()).doesNotContain("content-length");
      client.send("GET /200 HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(client.readUntil("hello")).contains("content-length: 5\r\n");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "400|GET / HTTP/1.1\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nHost: a\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a b\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a@b\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost:\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\nHost: a\\n\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nA : b\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\n A: b\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nA: b\\r\\n c\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\n: b\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nA\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nA: b\\0c\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nA: b\\rc\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r"
            + "\\n"
            + "Host: a\\r"
            + "\\n"
            + "Content-Length: 1\\r"
            + "\\n"
            + "Transfer-Encoding: chunked\\r"
            + "\\n"
            + "\\r"
            + "\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 1\\r\\nContent-Length: 2\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 1, 1\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: +1\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: -1\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length:\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 99999999999999999999\\r\\n\\r\\n",
        "501|GET / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: gzip, chunked\\r\\n\\r\\n",
        "501|GET / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: xchunked\\r\\n\\r\\n",
        "501|GET / HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked, identity\\r\\n\\r\\n",
        "400|GET / HTTP/1.1\\r"
            + "\\n"
            + "Host: a\\r"
            + "\\n"
            + "Transfer-Encoding: chunked\\r"
            + "\\n"
            + "Transfer-Encoding: identity\\r"
            + "\\n"
            + "\\r"
            + "\\n",
        "400|GET / HTTP/1.0\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n",
        "400|GET  / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|GET /a b HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|GET /a#b HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|GET a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|GET * HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|GET ftp://a/ HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|GET http:///a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|GET /\\r\\nHost: a\\r\\n\\r\\n",
        "400| GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|G(T / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|GET / HTTP/1.1 \\r\\nHost: a\\r\\n\\r\\n",
        "400|GET / http/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "505|GET / HTTP/1.2\\r\\nHost: a\\r\\n\\r\\n",
        "505|GET / HTTP/2.0\\r\\nHost: a\\r\\n\\r\\n",
        "505|GET / HTTP/3.0\\r\\nHost: a\\r\\n\\r\\n",
        "405|CONNECT a:443 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n",
        "400|\\x16\\x03\\x01\\x02\\x00",
        "505|PRX * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n",
      })
  void refusesWhatTwoParsersCouldReadDifferently(int status, String request) {
    try (var client = new RawClient(echo.address())) {
      client.send(unescape(request));
      var response = client.readAll();
      assertThat(response)
          .startsWith("HTTP/1.1 " + status + " ")
          .contains("connection: close\r\n", "content-type: application/problem+json\r\n")
          .contains("\"status\":" + status);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "g\\r\\n",
        "\\r\\n",
        " 1\\r\\na\\r\\n0\\r\\n\\r\\n",
        "1 \\r\\na\\r\\n0\\r\\n\\r\\n",
        "0x1\\r\\na\\r\\n0\\r\\n\\r\\n",
        "-1\\r\\na\\r\\n0\\r\\n\\r\\n",
        "1\\na\\r\\n0\\r\\n\\r\\n",
        "1\\r\\nab\\r\\n0\\r\\n\\r\\n",
        "1\\r\\na\\n0\\r\\n\\r\\n",
        "1111111111111111\\r\\na\\r\\n",
        "1;a\\nb\\r\\na\\r\\n0\\r\\n\\r\\n",
        "0\\r\\nA : b\\r\\n\\r\\n",
        "0\\r\\n\\n",
      })
  void refusesMalformedChunks(String chunks) {
    try (var upstream = TestUpstream.start(transport, exchange -> {});
        var client = new RawClient(upstream.address())) {
      client.send(
          "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + unescape(chunks));
      assertThat(client.readAll()).startsWith("HTTP/1.1 400 ");
      var exchange = upstream.exchanges().remove();
      assertThat(exchange.reset()).isCompleted();
      exchange.closed().join();
      assertThat(exchange.closedCount()).isEqualTo(1);
    }
  }

  @Test
  void refusesHeadsThatAreTooLarge() {
    try (var client = new RawClient(echo.address())) {
      client.send("GET / HTTP/1.1\r\nHost: a\r\nA: " + "a".repeat(70_000) + "\r\n\r\n");
      assertThat(client.readAll()).startsWith("HTTP/1.1 431 ");
    }
    try (var client = new RawClient(echo.address())) {
      client.send("GET / HTTP/1.1\r\nHost: a\r\n" + "A: a\r\n".repeat(200) + "\r\n");
      assertThat(client.readAll()).startsWith("HTTP/1.1 431 ");
    }
    try (var client = new RawClient(echo.address())) {
      client.send("GET /" + "a".repeat(70_000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.readAll()).startsWith("HTTP/1.1 414 ");
    }
    try (var upstream = TestUpstream.start(transport, exchange -> {});
        var client = new RawClient(upstream.address())) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;");
      client.send("a".repeat(2000));
      assertThat(client.readAll()).contains("\"status\":400");
    }
  }

  private static String unescape(String text) {
    return text.replace("\\r", "\r")
        .replace("\\n", "\n")
        .replace("\\0", "\0")
        .replace("\\x16\\x03\\x01\\x02\\x00", "\u0016\u0003\u0001\u0002\0");
  }
}
