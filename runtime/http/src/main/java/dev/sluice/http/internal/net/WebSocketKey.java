package dev.sluice.http.internal.net;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes the keys of the WebSocket handshake of HTTP/1, which HTTP/2 has none of (RFC 6455, 8441).
 */
public final class WebSocketKey {
  private WebSocketKey() {}

  /** Returns a new key. It is no secret: it only shows that the server speaks the protocol. */
  public static String create() {
    var octets = new byte[16];
    ThreadLocalRandom.current().nextBytes(octets);
    return Base64.getEncoder().encodeToString(octets);
  }

  /** Returns the answer to a key (RFC 6455 section 4.2.2). */
  public static String accept(String key) {
    try {
      var digest = MessageDigest.getInstance("SHA-1");
      var text = key.strip() + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
      return Base64.getEncoder()
          .encodeToString(digest.digest(text.getBytes(StandardCharsets.ISO_8859_1)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1", e);
    }
  }
}
